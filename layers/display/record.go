package display

import (
	"fmt"
	"os"

	"github.com/gocifar/gocifar/internal/scrap"
)

// Record shows a value under a name, and keeps both in the notebook's output in
// the form of nteract's scrapbook: `kernel run` puts them into its index, beside
// the points of a sweep, and scrapbook reads them. The value is a number, a
// text, or anything else that encoding/json takes; of several values for a name
// the last one counts. Without a notebook Record prints a line.
//
//	display.Record("test accuracy", accuracy)
func Record(name string, value any) {
	b, err := recordOf(name, value)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	Show(b)
}

func recordOf(name string, value any) (Bundle, error) {
	mimeType, encoded, err := scrap.New(name, value)
	if err != nil {
		return Bundle{}, fmt.Errorf("display: %w", err)
	}
	return Bundle{Text: fmt.Sprintf("%s = %v", name, value), scrapType: mimeType, scrap: string(encoded)}, nil
}
