package xlaplugin

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestFolderGivesBackWhatItKept(t *testing.T) {
	f := folder{path: filepath.Join(t.TempDir(), "new"), limit: 1 << 20}
	if f.load("a") != nil {
		t.Error("an empty folder has something")
	}
	f.save("a", []byte("code"))
	if got := f.load("a"); string(got) != "code" {
		t.Errorf("got %q", got)
	}
	if f.load("b") != nil {
		t.Error("another key finds it")
	}
	info, err := os.Stat(f.path)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder, whose files are run, is open to others: %v, %v", info.Mode(), err)
	}
}

func TestFolderRefusesDamage(t *testing.T) {
	f := folder{path: t.TempDir(), limit: 1 << 20}
	whole := pack([]byte("code"))
	for name, content := range map[string][]byte{
		"empty": nil, "cut": whole[:len(whole)-1], "longer": append(bytes.Clone(whole), 0),
		"only the head": whole[:len(format)+4],
		"a bit":         append(bytes.Clone(whole[:len(whole)-1]), whole[len(whole)-1]^1), "foreign": []byte("#!/bin/sh\n"),
	} {
		path := filepath.Join(f.path, "a"+extension)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if got := f.load("a"); got != nil {
			t.Errorf("%s: got %q", name, got)
		}
		if _, err := os.Stat(path); err == nil {
			t.Errorf("%s: the file is still there", name)
		}
	}
}

func TestFolderKeepsToItsLimit(t *testing.T) {
	f := folder{path: t.TempDir(), limit: 1000}
	data := make([]byte, 200) // 251 in a file
	for i, key := range []string{"a", "b", "c", "d"} {
		f.save(key, data)
		old := time.Now().Add(time.Duration(i-10) * time.Minute)
		if err := os.Chtimes(filepath.Join(f.path, key+extension), old, old); err != nil && i < 3 {
			t.Fatal(err)
		}
		if i == 2 && f.load("a") == nil { // used last
			t.Error("a is gone below the limit")
		}
	}
	for key, want := range map[string]bool{"a": true, "b": false, "c": true, "d": true} {
		if got := f.load(key) != nil; got != want {
			t.Errorf("%s is there: %t, want %t", key, got, want)
		}
	}
	f.save("huge", make([]byte, 999))
	if f.load("huge") != nil || f.load("a") == nil {
		t.Error("one file pushed the others out")
	}
}

func TestFolderSweepsOnlyItsOwn(t *testing.T) {
	f := folder{path: t.TempDir(), limit: 1}
	old := time.Now().Add(-2 * time.Hour)
	left, foreign := filepath.Join(f.path, ".1.xlacache.tmp"), filepath.Join(f.path, "notes.txt")
	for _, path := range []string{left, foreign} {
		if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, old, old); err != nil {
			t.Fatal(err)
		}
	}
	f.prune()
	if _, err := os.Stat(left); err == nil {
		t.Error("what a killed process left is still there")
	}
	if _, err := os.Stat(foreign); err != nil {
		t.Error("a file of somebody else's is gone")
	}
}

func TestKeyTellsPartsApart(t *testing.T) {
	if key([]byte("ab"), []byte("c")) == key([]byte("a"), []byte("bc")) {
		t.Error("parts trade bytes")
	}
	if a, b := key([]byte("ab")), key([]byte("a"+string('b'))); a != b {
		t.Error("the same parts have two keys")
	}
}

func FuzzUnpack(f *testing.F) {
	f.Add(pack([]byte("code")))
	f.Add([]byte(format))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, content []byte) {
		if data := unpack(content); data != nil && !bytes.Equal(pack(data), content) {
			t.Errorf("%q is not what packing %q makes", content, data)
		}
		if got := unpack(pack(content)); !bytes.Equal(got, content) {
			t.Errorf("%q came back as %q", content, got)
		}
	})
}
