package rowfile

import (
	"fmt"
	"os"
)

// Check reads a file to its end, whatever matrix it holds, and says which. The
// error wraps [ErrDamaged] if it is not a complete one.
func Check(path string) (Spec, error) {
	f, err := os.Open(path)
	if err != nil {
		return Spec{}, fmt.Errorf("rowfile: %w", err)
	}
	defer f.Close()
	found, err := readSpec(f)
	if err == nil {
		_, err = verify(f, found)
	}
	if err != nil {
		return found, fmt.Errorf("rowfile: %s: %w", path, err)
	}
	return found, nil
}
