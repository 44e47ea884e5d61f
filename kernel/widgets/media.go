package widgets

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/png"
	"time"
)

// Image shows a picture: its value are the bytes of a file in the format that
// Attribute("format", "jpeg") says, PNG by default.
func Image(value []byte, options ...Option) *Control[[]byte] {
	return newControl("Image", "value", value, bytesForm, nil, nil, options)
}

// PNG encodes a picture, as [Image] wants it.
func PNG(picture image.Image) ([]byte, error) {
	var buf bytes.Buffer
	if err := png.Encode(&buf, picture); err != nil {
		return nil, fmt.Errorf("widgets: the picture cannot be encoded: %w", err)
	}
	return buf.Bytes(), nil
}

// Video shows the bytes of a video, in MP4 by default.
func Video(value []byte, options ...Option) *Control[[]byte] {
	return newControl("Video", "value", value, bytesForm, nil, nil, options)
}

// Audio plays the bytes of a sound, in MP3 by default.
func Audio(value []byte, options ...Option) *Control[[]byte] {
	return newControl("Audio", "value", value, bytesForm, nil, nil, options)
}

// bytesForm is how bytes travel: as a buffer.
var bytesForm = form[[]byte]{
	encode: func(b []byte) any {
		if b == nil {
			b = []byte{}
		}
		return b
	},
	decode: func(raw json.RawMessage, buffers []located) ([]byte, error) {
		if len(buffers) == 1 && len(buffers[0].path) == 0 {
			return buffers[0].data, nil
		}
		return nil, errors.New("want one buffer of bytes")
	},
}

// File is a file that somebody has uploaded.
type File struct {
	Name         string
	Type         string // as the browser says, such as "image/png"
	Size         int64
	LastModified time.Time
	Content      []byte
}

// FileUpload is a button that takes a file from the one who looks at the
// notebook; several with Attribute("multiple", true).
func FileUpload(options ...Option) *Control[[]File] {
	return newControl("FileUpload", "value", nil, filesForm, nil, nil, options)
}

// wireFile is a file on its way.
type wireFile struct {
	Name         string `json:"name"`
	Type         string `json:"type"`
	Size         int64  `json:"size"`
	LastModified int64  `json:"last_modified"` // milliseconds since 1970
}

var filesForm = form[[]File]{
	encode: func(files []File) any {
		list := make([]any, len(files))
		for i, f := range files {
			list[i] = map[string]any{"name": f.Name, "type": f.Type, "size": f.Size,
				"last_modified": f.LastModified.UnixMilli(), "content": f.Content}
		}
		return list
	},
	decode: func(raw json.RawMessage, buffers []located) ([]File, error) {
		var list []wireFile
		if err := json.Unmarshal(raw, &list); err != nil {
			return nil, fmt.Errorf("want a list of files, got %.80s", raw)
		}
		files := make([]File, len(list))
		for i, f := range list {
			files[i] = File{f.Name, f.Type, f.Size, time.UnixMilli(f.LastModified).UTC(), nil}
		}
		for _, b := range buffers {
			if len(b.path) != 2 {
				continue
			}
			if i, ok := b.path[0].(float64); ok && int(i) >= 0 && int(i) < len(files) && b.path[1] == "content" {
				files[int(i)].Content = b.data
			}
		}
		return files, nil
	},
}
