package imagefolder

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/image/bmp"

	"github.com/gocifar/gocifar/cifar"
	"github.com/gocifar/gocifar/cifar/report"
	"github.com/gocifar/gocifar/cifar/standin"
)

// plain returns a picture of one color.
func plain(width, height int, c color.Color) image.Image {
	picture := image.NewNRGBA(image.Rect(0, 0, width, height))
	for i := range width * height {
		picture.Set(i%width, i/width, c)
	}
	return picture
}

// encoded returns a picture as the bytes of a file of a type.
func encoded(t testing.TB, kind string, picture image.Image) []byte {
	t.Helper()
	var out bytes.Buffer
	var err error
	switch kind {
	case "png":
		err = png.Encode(&out, picture)
	case "jpg":
		err = jpeg.Encode(&out, picture, nil)
	case "gif":
		err = gif.Encode(&out, picture, nil)
	case "bmp":
		err = bmp.Encode(&out, picture)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// tree writes files with the folders they are in, and returns their root.
func tree(t testing.TB, files map[string][]byte) string {
	t.Helper()
	root := t.TempDir()
	for name, body := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if body != nil {
			if err := os.WriteFile(path, body, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	return root
}

// TestFolderRoundTrip writes pictures of a data set and loads them again.
func TestFolderRoundTrip(t *testing.T) {
	drawn := &cifar.Pictures{Examples: standin.Draw(10, 100, 0), Classes: cifar.Classes10()}
	root := filepath.Join(t.TempDir(), "ten")
	indices := drawn.Pick(90, 3)
	if err := Write(root, drawn, indices...); err != nil {
		t.Fatal(err)
	}
	loaded, err := Load(context.Background(), root)
	if err != nil {
		t.Fatal(err)
	}
	if loaded.Train.Len()+loaded.Test.Len() != 90 || !slices.Equal(loaded.Classes, cifar.Classes10()) ||
		loaded.Name != "ten" {
		t.Fatalf("%d and %d pictures of %v", loaded.Train.Len(), loaded.Test.Len(), loaded.Classes)
	}
	if n := loaded.Test.Len(); n < 10 || n > 27 {
		t.Errorf("%d pictures for validation, want about 18 and at least one a class", n)
	}
	// Every picture came back, with its label.
	labels := map[string]int32{}
	for _, i := range indices {
		labels[string(drawn.Bytes[i*3072:(i+1)*3072])] = drawn.Labels[i]
	}
	for i := range loaded.Train.Len() {
		label, ok := labels[string(loaded.Train.Bytes[i*3072:(i+1)*3072])]
		if !ok || label != loaded.Train.Labels[i] {
			t.Fatalf("training picture %d: label %d, want %d (%v)", i, loaded.Train.Labels[i], label, ok)
		}
	}
	again, err := Load(context.Background(), root)
	if err != nil || !bytes.Equal(again.Train.Bytes, loaded.Train.Bytes) {
		t.Errorf("loaded again, the split differs (%v)", err)
	}
	other, err := Load(context.Background(), root, SplitSeed(1))
	if err != nil || bytes.Equal(other.Test.Bytes, loaded.Test.Bytes) {
		t.Errorf("another seed gives the same split (%v)", err)
	}
	// A data set like any other.
	if text := loaded.Display().Text; !strings.Contains(text, "folder ten") {
		t.Error(text)
	}
}

// TestFolderScales reads every type in a size of its own.
func TestFolderScales(t *testing.T) {
	red, green := color.NRGBA{200, 0, 0, 255}, color.NRGBA{0, 100, 0, 255}
	files := map[string][]byte{".hidden/x.png": []byte("x"), "green/.DS_Store": []byte("x"),
		"green/notes.txt": []byte("x")}
	for _, kind := range []string{"png", "jpg", "gif", "bmp"} {
		files["red/deep/"+kind+"."+kind] = encoded(t, kind, plain(90, 50, red))
		files["green/"+kind+"."+strings.ToUpper(kind)] = encoded(t, kind, plain(7, 9, green))
	}
	data, err := Load(context.Background(), tree(t, files), Size(24, 40), ValidationPart(0.25))
	if err != nil {
		t.Fatal(err)
	}
	if data.Train.Len() != 6 || data.Test.Len() != 2 || !slices.Equal(data.Classes, []string{"green", "red"}) {
		t.Fatalf("%d and %d pictures of %v", data.Train.Len(), data.Test.Len(), data.Classes)
	}
	for i := range 6 {
		want := []int{0, 100, 0}
		if data.Train.Labels[i] == 1 {
			want = []int{200, 0, 0}
		}
		for k, v := range data.Train.Bytes[i*24*40*3 : (i+1)*24*40*3] {
			if d := int(v) - want[k%3]; d < -3 || d > 3 { // JPEG
				t.Fatalf("picture %d (label %d): value %d is %d, want %d", i, data.Train.Labels[i], k, v, want[k%3])
			}
		}
	}
	if shown := data.Train.Grid().Display(); len(shown.PNG) == 0 {
		t.Error(shown.Text)
	}
	if text := data.Train.Pixels(0).Display().Text; !strings.HasPrefix(text, "array([[[") {
		t.Error(text)
	}
	if report.Thumbnail(data.Train.Examples, 0) == "" {
		t.Error("no thumbnail")
	}
}

func TestFolderSplitByHand(t *testing.T) {
	picture := encoded(t, "png", plain(2, 2, color.Black))
	root := tree(t, map[string][]byte{
		"train/a/1.png": picture, "train/b/1.png": picture, "train/c/1.png": picture, "train/c/2.png": picture,
		"val/b/1.png": picture, "val/c/1.png": picture,
	})
	data, err := Load(context.Background(), root)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(data.Test.Labels)
	if data.Train.Len() != 4 || len(data.Classes) != 3 || !slices.Equal(data.Test.Labels, []int32{1, 2}) {
		t.Errorf("%d for training, validation labels %v", data.Train.Len(), data.Test.Labels)
	}
	if err := os.Rename(filepath.Join(root, "val/c"), filepath.Join(root, "val/d")); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(context.Background(), root); err == nil || !strings.Contains(err.Error(), `has a class "d" that`) {
		t.Error(err)
	}
}

func TestTransparentOnWhite(t *testing.T) {
	scaled := scaleImage(plain(64, 64, color.NRGBA{255, 0, 0, 0}), 4, 4, false)
	if got := scaled.RGBAAt(1, 1); got != (color.RGBA{255, 255, 255, 255}) {
		t.Errorf("transparent red became %v", got)
	}
}

func TestCropToAspectRatio(t *testing.T) {
	wide := image.NewNRGBA(image.Rect(10, 10, 110, 60)) // black but for the middle
	for x := 35; x < 85; x++ {
		for y := 10; y < 60; y++ {
			wide.Set(x, y, color.White)
		}
	}
	for i, v := range scaleImage(wide, 8, 8, true).Pix {
		if v != 255 {
			t.Fatalf("value %d is %d: the sides were not cut off", i, v)
		}
	}
}

// hugePNG is a PNG of some bytes that says it has a side of 60,000 pixels.
func hugePNG(t testing.TB) []byte {
	data := encoded(t, "png", plain(1, 1, color.Black))
	binary.BigEndian.PutUint32(data[16:], 60000)
	binary.BigEndian.PutUint32(data[20:], 60000)
	// The chunk's checksum must be right for the size to be read.
	return fixChecksum(data)
}

func TestBadImageFolders(t *testing.T) {
	good := encoded(t, "png", plain(3, 3, color.Black))
	two := map[string][]byte{"a/1.png": good, "a/2.png": good, "b/1.png": good, "b/2.png": good}
	with := func(name string, body []byte) map[string][]byte {
		all := map[string][]byte{name: body}
		for n, b := range two {
			if n != name {
				all[n] = b
			}
		}
		return all
	}
	for _, test := range []struct {
		name    string
		files   map[string][]byte
		options []Option
		want    string
	}{
		{"empty", nil, nil, "has no class (it is empty of folders)"},
		{"pictures without folders", map[string][]byte{"1.png": good, "2.png": good}, nil,
			"has no class (it holds 2 pictures itself): put the pictures of each class into a folder"},
		{"one class", map[string][]byte{"a/1.png": good}, nil, `one class only, "a": want at least 2`},
		{"a class without pictures", with("c/notes.txt", []byte("x")), nil, "/c holds no pictures (.png .jpg"},
		{"a class with one picture", with("c/1.png", good), nil, `class "c" has 1 picture`},
		{"not a picture", with("b/2.png", []byte("hello")), nil,
			"/b/2.png is no picture that can be used: it is none of PNG, JPEG"},
		{"an empty file", with("b/2.png", []byte{}), nil, "/b/2.png is no picture that can be used: it is empty"},
		{"cut off", with("b/2.png", good[:len(good)-20]), nil,
			"/b/2.png is no picture that can be used: it is damaged: png: invalid format: unexpected EOF"},
		{"damaged", with("b/2.png", append(slices.Clone(good[:45]), 1, 2, 3, 4, 5, 6, 7, 8, 9)), nil,
			"/b/2.png is no picture that can be used"},
		{"a bomb", with("b/2.png", hugePNG(t)), nil,
			"/b/2.png is no picture that can be used: it is 60000 by 60000 pixels large, want at least 1 by 1 and at most"},
		{"no size", two, []Option{Size(0, 5)}, "cannot scale pictures to 0 by 5"},
		{"too large", two, []Option{Size(60000, 60000)}, "would take 43,200,000,000 bytes of memory"},
		{"all for validation", two, []Option{ValidationPart(1)}, "want a part between 0 and 1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Load(context.Background(), tree(t, test.files), test.options...)
			if err == nil || !strings.Contains(filepath.ToSlash(err.Error()), test.want) {
				t.Errorf("error %v\nwant  %q", err, test.want)
			}
		})
	}
	if _, err := Load(context.Background(), filepath.Join(t.TempDir(), "none")); err == nil ||
		!strings.Contains(err.Error(), "there is no ") {
		t.Error(err)
	}
	file := filepath.Join(tree(t, two), "a", "1.png")
	if _, err := Load(context.Background(), file); err == nil || !strings.Contains(err.Error(), "is a file") {
		t.Error(err)
	}
	canceled, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Load(canceled, tree(t, two)); err == nil || !strings.Contains(err.Error(), "canceled") {
		t.Error(err)
	}
}

// FuzzDecodeImage decodes any bytes: no panic, and never more memory than the
// limits allow.
func FuzzDecodeImage(f *testing.F) {
	for _, kind := range []string{"png", "jpg", "gif", "bmp"} {
		f.Add(encoded(f, kind, plain(5, 4, color.NRGBA{200, 100, 50, 128})))
	}
	f.Add(hugePNG(f))
	f.Add([]byte("RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00\x2f\x00\x00\x00\x10\x07\x10\x11\x11\x88\x88\xfe\x07\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		config, _, err := image.DecodeConfig(bytes.NewReader(data))
		if err == nil && config.Width*config.Height > 1<<20 {
			t.Skip("allowed, but slow to try")
		}
		picture, err := decodeImage(data)
		if err != nil {
			return
		}
		for _, crop := range []bool{false, true} {
			if got := scaleImage(picture, 3, 2, crop).Bounds().Size(); got != image.Pt(2, 3) {
				t.Errorf("scaled to %v, want 2 by 3", got)
			}
		}
	})
}

// fixChecksum writes the right checksum of a PNG's first chunk.
func fixChecksum(data []byte) []byte {
	binary.BigEndian.PutUint32(data[29:], crc32.ChecksumIEEE(data[12:29]))
	return data
}

// A folder of pictures becomes a data set; here one that Write made of
// drawings.
func ExampleLoad() {
	folder, err := os.MkdirTemp("", "pets")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(folder)
	drawn := &cifar.Pictures{Examples: standin.Draw(10, 60, 0), Classes: cifar.Classes10()}
	if err := Write(folder, drawn, drawn.Pick(60, 1)...); err != nil {
		fmt.Println(err)
		return
	}
	pets, err := Load(context.Background(), folder, Size(48, 64), ValidationPart(0.5))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(pets.Classes[:3], pets.Train.Shape(), pets.Test.Shape())
	// Output: [airplane automobile bird] (30, 48, 64, 3) (30, 48, 64, 3)
}
