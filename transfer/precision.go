package transfer

import (
	"github.com/gomlx/compute/dtypes"

	"github.com/gocifar/gocifar/layers"
)

// BFloat16 has Features compute in bfloat16, whose 8 bits of precision are
// enough for features: a head trained on them is as accurate (MEASURED.md).
// They are stored as float32 all the same. It is the default where
// [layers.FastestPolicy] says that it is faster than float32.
func BFloat16() FeatureOption { return func(e *extraction) { e.dtype = dtypes.BFloat16 } }

// Float32 has Features compute in float32 everywhere, to the last bit what the
// composed model computes in batches of the same size.
func Float32() FeatureOption { return func(e *extraction) { e.dtype = dtypes.Float32 } }

// fastPrecision is the precision that Features takes by itself.
func fastPrecision() (dtypes.DType, error) {
	policy, err := layers.FastestPolicy()
	if err != nil {
		return dtypes.InvalidDType, err
	}
	if policy == layers.MixedBFloat16 {
		return dtypes.BFloat16, nil
	}
	return dtypes.Float32, nil
}
