package cifar

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestReadFolder(t *testing.T) {
	l := smallLayout()
	contents := files(&l)
	load := testLoader(t, l, writeFolder(t, contents))
	data, err := load.load(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if data.Train.Len() != 320 || data.Test.Len() != 10 || len(data.Train.Classes) != 10 {
		t.Fatalf("got %d training and %d test pictures of %d classes, want 320, 10, 10",
			data.Train.Len(), data.Test.Len(), len(data.Train.Classes))
	}
	// Every pixel of every picture against the format's definition.
	at := 0
	for _, f := range l.train {
		for i := range f.records {
			record := contents[f.name][i*3073 : (i+1)*3073]
			if got := data.Train.Labels[at]; got != int32(record[0]) {
				t.Fatalf("%s record %d: label %d, want %d", f.name, i, got, record[0])
			}
			for y := range 32 {
				for x := range 32 {
					for c := range 3 {
						got, want := data.Train.Bytes[at*3072+(y*32+x)*3+c], record[1+c*1024+y*32+x]
						if got != want {
							t.Fatalf("%s record %d at %d,%d,%d: %d, want %d", f.name, i, y, x, c, got, want)
						}
					}
				}
			}
			at++
		}
	}
	if data.Source.Kind != Folder || data.Source.Official {
		t.Errorf("source %+v", data.Source)
	}
}

func TestBadFolders(t *testing.T) {
	l := smallLayout()
	for _, test := range []struct {
		name string
		edit func(contents map[string][]byte)
		want string
	}{
		{"one batch is missing", func(c map[string][]byte) { delete(c, "data_batch_2.bin") },
			"lacks data_batch_2.bin: CIFAR-10 has the 3 files data_batch_1.bin, data_batch_2.bin, test_batch.bin"},
		{"empty folder", func(c map[string][]byte) { clear(c) },
			"lacks data_batch_1.bin, data_batch_2.bin, test_batch.bin"},
		{"a batch is too short", func(c map[string][]byte) { c["test_batch.bin"] = c["test_batch.bin"][:30000] },
			"test_batch.bin is 30,000 bytes long, want 30,730 (10 records of 3,073 bytes)"},
		{"a batch is too long", func(c map[string][]byte) { c["test_batch.bin"] = append(c["test_batch.bin"], 0) },
			"test_batch.bin is 30,731 bytes long, want 30,730"},
		{"label out of range", func(c map[string][]byte) { c["data_batch_1.bin"][3073*299] = 10 },
			"data_batch_1.bin: record 299 has label 10, want 0 to 9"},
		{"another data set's names", func(c map[string][]byte) { c["batches.meta.txt"] = []byte("apple\nbear\n") },
			"batches.meta.txt lists 2 classes (apple …), want 10 (airplane …): this is not CIFAR-10"},
	} {
		t.Run(test.name, func(t *testing.T) {
			contents := files(&l)
			test.edit(contents)
			load := testLoader(t, l, writeFolder(t, contents))
			_, err := load.load(context.Background())
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v\nwant %q", err, test.want)
			}
			if err != nil && !strings.HasPrefix(err.Error(), "cifar: CIFAR10_DIR=") {
				t.Errorf("error %v does not say where the path came from", err)
			}
		})
	}
}

func TestUnreadableBatch(t *testing.T) {
	l := smallLayout()
	folder := writeFolder(t, files(&l))
	path := filepath.Join(folder, "data_batch_1.bin")
	os.Remove(path)
	if err := os.Mkdir(path, 0o755); err != nil {
		t.Fatal(err)
	}
	_, err := testLoader(t, l, folder).load(context.Background())
	if err == nil || !strings.Contains(err.Error(), "data_batch_1.bin is not a regular file") {
		t.Errorf("error %v", err)
	}
}

// FuzzDecode reads any bytes as records of CIFAR-10 and of CIFAR-100.
func FuzzDecode(f *testing.F) {
	ten, hundred := smallLayout(), cifar100
	f.Add(records(&hundred, batchFile{records: 2}, 1), 2, true)
	f.Add([]byte{20, 0}, 1, true)
	l := ten
	good := records(&l, batchFile{records: 2}, 1)
	f.Add(good, 2, false)
	f.Add(good[:3072], 1, false)
	f.Add([]byte{10}, 1, false)
	f.Add([]byte{}, 3, false)
	f.Fuzz(func(t *testing.T, data []byte, n int, fine bool) {
		l := ten
		if fine {
			l = hundred
		}
		if n < 0 || n > 600 {
			t.Skip()
		}
		pixels, labels := make([]uint8, n*imageBytes), make([]int32, n)
		err := l.decode(context.Background(), "fuzz", bytes.NewReader(data), pixels, labels)
		if (err == nil) != wellFormed(data, n, fine) {
			t.Fatalf("%d bytes, %d records: error %v", len(data), n, err)
		}
	})
}

// wellFormed is the definition of n records of CIFAR-10 or CIFAR-100, said in
// other words.
func wellFormed(data []byte, n int, fine bool) bool {
	size := 3073
	if fine {
		size = 3074
	}
	if len(data) < n*size {
		return false
	}
	for i := range n {
		if record := data[i*size:]; fine && (record[0] > 19 || record[1] > 99) || !fine && record[0] > 9 {
			return false
		}
	}
	return true
}
