package transfer

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
)

// ImageNetClass is one of ImageNet's 1000 classes.
type ImageNetClass struct {
	// ID is WordNet's: "n02123045".
	ID string
	// Name is a word or two: "tabby".
	Name string
}

// classIndex is the file in which Keras publishes the classes' names.
var classIndex = officialFile{
	name: "imagenet_class_index.json",
	url:  "https://storage.googleapis.com/download.tensorflow.org/data/imagenet_class_index.json",
	hash: "c2c37ea517e94d9795004a39431a14cb",
}

// ImageNetClasses returns the 1000 classes in the order of the networks'
// results, from the file that Keras uses: found or downloaded (36 KB) as
// weights are, see [Config].
func ImageNetClasses(ctx context.Context) ([]ImageNetClass, error) {
	at, err := classIndex.locate(ctx, nil)
	if err != nil {
		return nil, fmt.Errorf("transfer: names of ImageNet's classes: %w", err)
	}
	text, err := os.ReadFile(at.path)
	if err != nil {
		return nil, fmt.Errorf("transfer: names of ImageNet's classes: %w", err)
	}
	classes, err := parseClassIndex(text)
	if err != nil {
		return nil, fmt.Errorf("transfer: %s: %w", at.path, err)
	}
	return classes, nil
}

// parseClassIndex reads {"0": ["n01440764", "tench"], ...}.
func parseClassIndex(text []byte) ([]ImageNetClass, error) {
	var index map[string][]string
	if err := json.Unmarshal(text, &index); err != nil {
		return nil, fmt.Errorf("not an index of classes: %w", err)
	}
	if len(index) != imageNetClasses {
		return nil, fmt.Errorf("wanted %d classes, got %d", imageNetClasses, len(index))
	}
	classes := make([]ImageNetClass, imageNetClasses)
	for i := range classes {
		entry, ok := index[strconv.Itoa(i)]
		if !ok || len(entry) != 2 {
			return nil, fmt.Errorf("class %d: wanted an identifier and a name, got %q", i, entry)
		}
		classes[i] = ImageNetClass{ID: entry[0], Name: entry[1]}
	}
	return classes, nil
}
