package report

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/gocifar/gocifar/internal/wholefile"
	"github.com/gocifar/gocifar/layers"
)

// predictionsFile is the name, in a run's directory, of what Save writes.
const predictionsFile = "predictions.json"

// ErrNoPredictions is wrapped by LoadPredictions' error where none were saved
// since the run was trained, or those of other pictures.
var ErrNoPredictions = errors.New("no predictions were saved")

// savedPredictions is predictions.json.
type savedPredictions struct {
	// Training identifies the training that the predictions come after.
	Training    string    `json:"training"`
	Model       string    `json:"model"`
	Parameters  int       `json:"parameters"`
	Classes     []string  `json:"classes"`
	Actual      []int32   `json:"actual"`
	Predicted   []int32   `json:"predicted"`
	Probability []float32 `json:"probability"`
}

// Save keeps the predictions with the run (layers.Run) that trained their
// model, so that another cell or notebook can compare models without them.
func (p *Predictions) Save(run string) error {
	training, err := trainingOf(run)
	if err != nil {
		return fmt.Errorf("report: saving predictions: %w", err)
	}
	text, err := json.Marshal(savedPredictions{training, p.Model, p.Parameters, p.Classes, p.Actual, p.Predicted,
		p.Probability})
	folder := ""
	if err == nil {
		folder, err = layers.RunDir(run)
	}
	if err == nil {
		err = wholefile.Write(filepath.Join(folder, predictionsFile), wholefile.Bytes(text))
	}
	if err != nil {
		return fmt.Errorf("report: saving predictions of run %q: %w", run, err)
	}
	return nil
}

// LoadPredictions returns what Save kept with a run. examples are the pictures
// that were predicted. A run that was trained again since has no predictions.
func LoadPredictions(run string, examples *layers.Examples) (*Predictions, error) {
	training, err := trainingOf(run)
	if err != nil {
		return nil, fmt.Errorf("report: loading predictions: %w", err)
	}
	p, err := readPredictions(run, training, examples)
	if err != nil {
		return nil, fmt.Errorf("report: predictions of run %q: %w", run, err)
	}
	return p, nil
}

func readPredictions(run, training string, examples *layers.Examples) (*Predictions, error) {
	folder, err := layers.RunDir(run)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(folder, predictionsFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%w: call Save(%q) after predicting", ErrNoPredictions, run)
	}
	if err != nil {
		return nil, err
	}
	p, err := parsePredictions(text, training, examples)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return p, nil
}

// parsePredictions reads predictions.json, which may have been changed by hand.
func parsePredictions(text []byte, training string, examples *layers.Examples) (*Predictions, error) {
	var saved savedPredictions
	decoder := json.NewDecoder(bytes.NewReader(text))
	if err := decoder.Decode(&saved); err != nil {
		return nil, fmt.Errorf("damaged: %w; predict and Save again", err)
	}
	n := len(saved.Actual)
	switch {
	case saved.Training != training:
		return nil, fmt.Errorf("%w since the run was trained last: predict and Save again", ErrNoPredictions)
	case len(saved.Predicted) != n || len(saved.Probability) != n:
		return nil, fmt.Errorf("damaged: %d predicted labels and %d probabilities for %d pictures; predict and Save again",
			len(saved.Predicted), len(saved.Probability), n)
	case !slices.Equal(saved.Actual, examples.Labels):
		return nil, fmt.Errorf("%w of these %d pictures, but of %d other pictures: predict and Save again", ErrNoPredictions,
			examples.Len(), n)
	}
	if _, err := NewConfusionMatrix(saved.Actual, saved.Predicted, saved.Classes); err != nil {
		return nil, fmt.Errorf("damaged: %w; predict and Save again", err)
	}
	return &Predictions{
		Model: saved.Model, Parameters: saved.Parameters, Classes: saved.Classes,
		Actual: saved.Actual, Predicted: saved.Predicted, Probability: saved.Probability, examples: examples,
	}, nil
}

// trainingOf identifies a run's training by a hash of its history, times
// included, which no two trainings share.
func trainingOf(run string) (string, error) {
	history, err := layers.LoadHistory(run)
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(history)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}
