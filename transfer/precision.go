package transfer

import "github.com/gocifar/gocifar/layers"

// BFloat16 has Features compute in bfloat16 ([layers.MixedBFloat16]), whose 8
// bits of precision are enough for features: a head trained on them is as
// accurate (MEASURED.md). They are stored as float32 all the same. It is the
// default where [layers.FastestPolicy] says that it is faster than float32.
func BFloat16() FeatureOption { return func(e *extraction) { e.precision = layers.MixedBFloat16 } }

// Float32 has Features compute in float32 everywhere, to the last bit what the
// composed model computes in batches of the same size.
func Float32() FeatureOption { return func(e *extraction) { e.precision = layers.Float32 } }
