package transfer

import (
	"context"
	"fmt"
	"strings"
)

// architectures are those of keras.applications, in its order.
var architectures = []*network{
	convNeXtBase, convNeXtLarge, convNeXtSmall, convNeXtTiny, convNeXtXLarge,
	denseNet121, denseNet169, denseNet201,
	efficientNetB0, efficientNetB1, efficientNetB2, efficientNetB3,
	efficientNetB4, efficientNetB5, efficientNetB6, efficientNetB7,
	efficientNetV2B0, efficientNetV2B1, efficientNetV2B2, efficientNetV2B3,
	efficientNetV2L, efficientNetV2M, efficientNetV2S,
	inceptionResNetV2, inceptionV3,
	mobileNet, mobileNetV2, mobileNetV3Large, mobileNetV3Small,
	nasNetLarge, nasNetMobile,
	resNet50, resNet101, resNet152, resNet50V2, resNet101V2, resNet152V2,
	vgg16, vgg19, xception,
}

// Architectures lists the names that [New] knows: those of keras.applications.
func Architectures() []string {
	names := make([]string, len(architectures))
	for i, n := range architectures {
		names[i] = n.title
	}
	return names
}

// New builds an architecture by its name in keras.applications, such as
// "EfficientNetB0", in any case of letters. It does what the function of that
// name does.
func New(ctx context.Context, name string, c Config) (*Backbone, error) {
	for _, n := range architectures {
		if strings.EqualFold(name, n.title) {
			return n.build(ctx, c)
		}
	}
	return nil, fmt.Errorf("transfer: there is no architecture %q; there are %s", name,
		strings.Join(Architectures(), ", "))
}
