package cifar

import (
	"strings"

	"github.com/gocifar/gocifar/cifar/report"
)

// walkthroughResults are the walkthrough's own figures, on the original
// CIFAR-10 with ImageNet's weights.
var walkthroughResults = map[string]report.Reference{
	"model1": {Train: .9914, Validation: .7066, Epochs: 10},
	"model2": {Train: .7890, Validation: .6830, Epochs: 10},
	"model3": {Train: .7950, Validation: .7812, Epochs: 15},
	"vgg16":  {Train: .8274, Validation: .7924, Test: .78, Epochs: 10},
	"vgg19": {Train: .6466, Validation: .6026, Epochs: 23,
		Note: "its log of 10 epochs has no validation; the one of 20 more ends after 13"},
	"inception":  {Note: "it stops at an error: Inception v3 takes no 32 by 32 pictures"},
	"resnet50v2": {Train: .4145, Validation: .3818, Epochs: 10},
}

// Walkthrough returns what the walkthrough printed of one of its models after
// the last epoch that it shows, by a name such as "model1", "vgg16" or
// "inception_v3"; false if it has no model of that name. It is meant for
// report.Comparison.Beside.
func Walkthrough(name string) (report.Reference, bool) {
	key := strings.NewReplacer("_", "", "-", "", " ", "").Replace(strings.ToLower(name))
	if strings.HasPrefix(key, "inception") {
		key = "inception"
	}
	if strings.HasPrefix(key, "resnet50") {
		key = "resnet50v2"
	}
	result, ok := walkthroughResults[key]
	return result, ok
}
