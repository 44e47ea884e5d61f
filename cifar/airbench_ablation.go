package cifar

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/gocifar/gocifar/cifar/report"
	"github.com/gocifar/gocifar/layers"
	"github.com/gocifar/gocifar/layers/display"
)

// Ablation trains a small form of the recipe, and again without each of its
// parts, and returns a table of what the test pictures say. Each training keeps
// a run of its own, so that an ablation that was interrupted goes on.
func (a Airbench) Ablation(ctx context.Context, train, test *layers.Examples) (display.Displayer, error) {
	quick := Quick
	quick.EpochDivisor = 1
	short, err := train.Slice(0, min(quick.MaxExamples, train.Len()))
	if err != nil {
		return nil, fmt.Errorf("cifar: airbench: %w", err)
	}
	a = a.In(quick)
	table := display.Table{Head: []string{"without", "one look", "six looks", "difference"}, Left: []int{0}}
	var whole float64
	for i, part := range append([]AirbenchPart{"nothing"}, AirbenchParts()...) {
		recipe := a
		if i > 0 {
			recipe = a.Without(part)
		}
		once, six, err := recipe.trained(ctx, short, test, part)
		if err != nil {
			return nil, fmt.Errorf("cifar: airbench without %s: %w", part, err)
		}
		if i == 0 {
			whole = six
		}
		if part == ViewsPart {
			six = once
		}
		table.Rows = append(table.Rows, []string{string(part), fmt.Sprintf("%.4f", once), fmt.Sprintf("%.4f", six),
			fmt.Sprintf("%+.4f", six-whole)})
	}
	return table, nil
}

// trained trains the recipe without a part, or finds the training, and returns
// the accuracies of one look and of six.
func (a Airbench) trained(ctx context.Context, train, test *layers.Examples, without AirbenchPart) (once, six float64,
	err error) {
	if without == ViewsPart {
		without = "nothing" // the training is the same
		a.without = nil
	}
	model, err := a.Model(ctx, train)
	if err != nil {
		return 0, 0, err
	}
	run := "airbench-without-" + strings.ReplaceAll(string(without), " ", "-")
	options := append(a.Options(train), layers.Seed(42), layers.Run(run), layers.Verbose(layers.Silent))
	_, err = model.Fit(ctx, train, options...)
	if err != nil {
		return 0, 0, err
	}
	var scores []float64
	for _, m := range []*layers.Model{a.Without(ViewsPart).Classifier(model), a.Classifier(model)} {
		p, err := report.Predict(ctx, m, test, slices.Repeat([]string{""}, train.Classes))
		if err != nil {
			return 0, 0, err
		}
		scores = append(scores, p.Accuracy())
	}
	return scores[0], scores[1], nil
}
