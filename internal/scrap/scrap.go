// Package scrap is the form in which a notebook's outputs hold values that
// programs are to read: that of nteract's scrapbook
// (https://github.com/nteract/scrapbook, schemas/scrap.v1.json).
package scrap

import (
	"encoding/json"
	"fmt"
)

// The MIME types of a recorded value: of scrapbook's two encoders whose data
// are JSON themselves, and papermill's before it, an object of names and
// values.
const (
	JSON   = "application/scrapbook.scrap.json+json"
	Text   = "application/scrapbook.scrap.text+json"
	Record = "application/papermill.record+json"
)

// Scrap is what an output holds under the first two MIME types.
type Scrap struct {
	Name    string `json:"name"`
	Data    any    `json:"data"`
	Encoder string `json:"encoder"`
	Version int    `json:"version"`
}

// New returns the scrap that records a value, encoded, and its MIME type. The
// error says that the value has no form in JSON.
func New(name string, value any) (mimeType string, encoded json.RawMessage, err error) {
	s := Scrap{Name: name, Data: value, Encoder: "json", Version: 1}
	mimeType = JSON
	if _, isText := value.(string); isText {
		s.Encoder, mimeType = "text", Text
	}
	encoded, err = json.Marshal(s)
	if err != nil {
		return "", nil, fmt.Errorf("recording %s: %w", name, err)
	}
	return mimeType, encoded, nil
}
