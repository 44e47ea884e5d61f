package layers

import (
	"fmt"
	"slices"
	"strings"
)

// PaddingMode says what a convolution or pooling does at the border.
type PaddingMode string

const (
	// Valid pads nothing: windows lie inside the image.
	Valid PaddingMode = "valid"
	// Same pads with zeros (poolings: with nothing that counts) so that the
	// output has ceil(size/stride) positions.
	Same PaddingMode = "same"
	// Causal pads a sequence with zeros before its start, so that no output
	// depends on later steps. Only [Conv1D] has this padding.
	Causal PaddingMode = "causal"
)

// check wants one of the allowed modes.
func (p PaddingMode) check(allowed ...PaddingMode) error {
	if !slices.Contains(allowed, p) {
		return fmt.Errorf("padding must be one of %q, got %q", allowed, p)
	}
	return nil
}

// Padding reads a padding mode in any case.
func (s *Settings) Padding() PaddingMode {
	return PaddingMode(strings.ToLower(s.String("padding", string(Valid))))
}
