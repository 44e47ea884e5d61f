package cifar

import (
	"bytes"
	"context"
	"strings"
	"testing"
)

// smallLayout100 is CIFAR-100's form with few records.
func smallLayout100() layout {
	l := cifar100
	l.train = []batchFile{{"train.bin", 120}}
	l.test = []batchFile{{"test.bin", 30}}
	l.archive.urls = nil
	l.drawnTrain, l.drawnTest = 100, 100
	return l
}

func TestLoad100(t *testing.T) {
	l := smallLayout100()
	contents := files(&l)
	contents["coarse_label_names.txt"] = []byte(strings.Join(Superclasses100(), "\n"))
	folder := writeFolder(t, contents)
	t.Setenv("CIFAR100_DIR", folder)
	fine, err := newLoader(l, "CIFAR100_DIR", nil).load(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	coarse, err := newLoader(l, "CIFAR100_DIR", []Option{Coarse()}).load(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if len(fine.Classes) != 100 || len(fine.Train.Classes) != 100 || len(coarse.Classes) != 20 ||
		len(coarse.Train.Classes) != 20 {
		t.Errorf("%d fine and %d coarse classes", len(fine.Classes), len(coarse.Classes))
	}
	for i := range 120 {
		if fine.Train.Labels[i] != int32(i%100) || coarse.Train.Labels[i] != int32(i%20) {
			t.Fatalf("record %d has labels %d and %d", i, fine.Train.Labels[i], coarse.Train.Labels[i])
		}
	}
	// Second record, second pixel: the planes begin after two label bytes.
	record := contents["train.bin"][3074:]
	if want := []byte{record[2+1], record[2+1024+1], record[2+2048+1]}; !bytes.Equal(fine.Train.Bytes[3072+3:3072+6],
		want) {
		t.Errorf("pixel %v, want %v", fine.Train.Bytes[3072+3:3072+6], want)
	}
	if !bytes.Equal(fine.Test.Bytes, coarse.Test.Bytes) {
		t.Error("coarse labels changed the pictures")
	}
}

func TestLoad100Archive(t *testing.T) {
	l := smallLayout100()
	archive := t.TempDir() + "/cifar-100-binary.tar.gz"
	writeFile(t, archive, tarGz(t, goodMembers(&l)))
	load := newLoader(l, "CIFAR100_DIR", []Option{From(archive), CacheIn(t.TempDir()), OnProgress(func(Progress) {})})
	data, err := load.load(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if data.Train.Len() != 120 || data.Source.Kind != Archive {
		t.Errorf("%d training pictures from %s", data.Train.Len(), data.Source)
	}
}

func TestLoad100Errors(t *testing.T) {
	l := smallLayout100()
	contents := files(&l)
	contents["train.bin"][3074*7] = 20
	if _, err := newLoader(l, "CIFAR100_DIR",
		[]Option{From(writeFolder(t, contents))}).load(context.Background()); err == nil ||
		!strings.Contains(err.Error(), "record 7 has label 20, want 0 to 19") {
		t.Error(err)
	}
	if _, err := Load(context.Background(), From("builtin"), Coarse()); err == nil ||
		!strings.Contains(err.Error(), "only CIFAR-100 has coarse labels") {
		t.Error(err)
	}
	data, err := Load100(context.Background(), From("builtin"))
	if err != nil || len(data.Classes) != 100 || !strings.Contains(data.Display().Text, "CIFAR100_DIR") {
		t.Errorf("%v: %v", data, err)
	}
}
