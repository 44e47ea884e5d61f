package transfer_test

import (
	"context"
	"fmt"
	"log"

	"github.com/gocifar/gocifar/layers"
	"github.com/gocifar/gocifar/transfer"
)

// A frozen network without trained weights, a head on one of its layers, and
// both as one model. With Weights: transfer.ImageNet the network knows
// something too.
func ExampleCompose() {
	ctx := context.Background()
	vgg, err := transfer.VGG16(ctx, transfer.Config{InputShape: layers.Shape{32, 32, 3}, Pooling: transfer.Max})
	if err != nil {
		log.Fatal(err)
	}
	vgg.SetTrainable(false)
	head, err := transfer.Head(vgg, "block3_pool", 10)
	if err != nil {
		log.Fatal(err)
	}
	model, err := transfer.Compose("model_4", vgg, "block3_pool", head)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(vgg.Source)
	fmt.Println("network:", vgg.CountParams(), "parameters, at", vgg.Taps()[:4])
	fmt.Println("head:", head.CountParams())
	fmt.Println("up to block3_pool, with the head:", model.CountParams())
	// Output:
	// random weights drawn from seed 0, not trained on anything
	// network: 14714688 parameters, at [block1_pool block2_pool block3_pool block4_pool]
	// head: 1090890
	// up to block3_pool, with the head: 2826378
}

// The network's work on four pictures is done once and kept; the head learns
// from what it made of them.
func ExampleFeatures() {
	ctx := context.Background()
	pictures := &layers.Examples{
		Shape: layers.Shape{32, 32, 3}, Bytes: make([]uint8, 4*32*32*3), Scale: 1.0 / 255,
		Labels: []int32{0, 1, 0, 1}, Classes: 2,
	}
	vgg, err := transfer.VGG16(ctx, transfer.Config{InputShape: layers.Shape{32, 32, 3}})
	if err != nil {
		log.Fatal(err)
	}
	vgg.SetTrainable(false)
	silent := transfer.OnProgress(func(transfer.FeatureProgress) {})
	features, err := transfer.Features(ctx, vgg, "block3_pool", pictures, silent)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(features.Len(), "features of shape", features.Shape)

	_, err = transfer.Features(ctx, vgg, "block6_pool", pictures)
	fmt.Println(err)
	// Output:
	// 4 features of shape [4 4 256]
	// transfer: features of vgg16 at block6_pool: vgg16 has no layer "block6_pool"; its usual taps are block1_pool, block2_pool, block3_pool, block4_pool, block5_pool, and any other layer of its Summary will do
}
