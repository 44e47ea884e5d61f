package imagefolder

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// fileTypes are the endings of names that are taken for pictures.
var fileTypes = []string{".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp"}

// validationNames are the names, beside train, of a folder for validation.
var validationNames = []string{"test", "val", "valid", "validation"}

// An file is one picture that was found.
type file struct {
	path  string
	label int32
	order [sha256.Size]byte // a number drawn from the seed and the path
}

// find lists the classes and the pictures of both sides of the split, each in
// a random order that is the same every time.
func (f *loading) find() (classes []string, train, test []file, err error) {
	info, err := os.Stat(f.root)
	switch {
	case os.IsNotExist(err):
		return nil, nil, nil, fmt.Errorf("there is no %s: want a folder with a folder of pictures for each class", f.root)
	case err != nil:
		return nil, nil, nil, err
	case !info.IsDir():
		return nil, nil, nil, fmt.Errorf("%s is a file: want a folder with a folder of pictures for each class", f.root)
	}
	if validation := f.splitByHand(); validation != "" {
		return f.findBoth(filepath.Join(f.root, "train"), validation)
	}
	classes, all, err := f.classesIn(f.root)
	if err != nil {
		return nil, nil, nil, err
	}
	train, test, err = f.split(classes, all)
	return classes, train, test, err
}

// splitByHand returns the folder for validation if pictures were split by
// hand: there is one, and one named train, and both hold folders.
func (f *loading) splitByHand() string {
	if folders, _ := foldersIn(filepath.Join(f.root, "train")); len(folders) == 0 {
		return ""
	}
	for _, name := range validationNames {
		folder := filepath.Join(f.root, name)
		if folders, _ := foldersIn(folder); len(folders) > 0 {
			return folder
		}
	}
	return ""
}

// findBoth reads a split made by hand.
func (f *loading) findBoth(trainFolder, testFolder string) (classes []string, train, test []file, err error) {
	classes, train, err = f.classesIn(trainFolder)
	if err != nil {
		return nil, nil, nil, err
	}
	names, test, err := f.classesIn(testFolder)
	if err != nil {
		return nil, nil, nil, err
	}
	labels := make([]int32, len(names))
	for i, name := range names {
		label := slices.Index(classes, name)
		if label < 0 {
			return nil, nil, nil, fmt.Errorf("%s has a class %q that %s has not (%s)", testFolder, name, trainFolder,
				strings.Join(classes, ", "))
		}
		labels[i] = int32(label)
	}
	for i := range test {
		test[i].label = labels[test[i].label]
	}
	return classes, ordered(train), ordered(test), nil
}

// classesIn lists the class folders in a folder and their pictures, class by
// class.
func (f *loading) classesIn(folder string) (classes []string, files []file, err error) {
	classes, err = foldersIn(folder)
	if err != nil {
		return nil, nil, err
	}
	switch len(classes) {
	case 0:
		hint := "it is empty of folders"
		if here, err := picturesIn(folder, false); err == nil && len(here) > 0 {
			hint = fmt.Sprintf("it holds %d pictures itself", len(here))
		}
		return nil, nil, fmt.Errorf("%s has no class (%s): put the pictures of each class into a folder named after it",
			folder, hint)
	case 1:
		return nil, nil, fmt.Errorf("%s has one class only, %q: want at least 2 folders of pictures", folder, classes[0])
	}
	for label, class := range classes {
		paths, err := picturesIn(filepath.Join(folder, class), true)
		if err != nil {
			return nil, nil, err
		}
		if len(paths) == 0 {
			return nil, nil, fmt.Errorf("the class folder %s holds no pictures (%s): fill or remove it",
				filepath.Join(folder, class), strings.Join(fileTypes, " "))
		}
		for _, path := range paths {
			files = append(files, file{path: path, label: int32(label), order: f.draw(folder, path)})
		}
	}
	return classes, files, nil
}

// draw returns a random number for a picture, from the seed and its path
// within the folder.
func (f *loading) draw(folder, path string) [sha256.Size]byte {
	name, err := filepath.Rel(folder, path)
	if err != nil {
		name = path
	}
	return sha256.Sum256(append(binary.LittleEndian.AppendUint64(nil, f.seed), filepath.ToSlash(name)...))
}

// split keeps the wanted part of each class for validation, at least one
// picture and not all.
func (f *loading) split(classes []string, all []file) (train, test []file, err error) {
	for label, class := range classes {
		var of []file
		for _, file := range all {
			if file.label == int32(label) {
				of = append(of, file)
			}
		}
		if len(of) < 2 {
			return nil, nil, fmt.Errorf("class %q has 1 picture, %s: want at least 2, one of them for validation", class,
				of[0].path)
		}
		of = ordered(of)
		kept := min(max(1, int(f.part*float64(len(of))+0.5)), len(of)-1)
		test = append(test, of[:kept]...)
		train = append(train, of[kept:]...)
	}
	return ordered(train), ordered(test), nil
}

func ordered(files []file) []file {
	slices.SortFunc(files, func(a, b file) int { return slices.Compare(a.order[:], b.order[:]) })
	return files
}

// foldersIn lists the folders in a folder by name, without hidden ones.
func foldersIn(folder string) ([]string, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, entry := range entries {
		// Stat follows links: a class may be a link to a folder.
		info, err := os.Stat(filepath.Join(folder, entry.Name()))
		if err == nil && info.IsDir() && !strings.HasPrefix(entry.Name(), ".") {
			names = append(names, entry.Name())
		}
	}
	return names, nil
}

// picturesIn lists the pictures in a folder, and in its folders if deep.
func picturesIn(folder string, deep bool) ([]string, error) {
	real, err := filepath.EvalSymlinks(folder)
	if err != nil {
		return nil, err
	}
	var paths []string
	err = filepath.WalkDir(real, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		hidden := strings.HasPrefix(entry.Name(), ".") && path != real
		if entry.IsDir() {
			if hidden || !deep && path != real {
				return fs.SkipDir
			}
			return nil
		}
		if !hidden && slices.Contains(fileTypes, strings.ToLower(filepath.Ext(path))) {
			paths = append(paths, filepath.Join(folder, strings.TrimPrefix(path, real)))
		}
		return nil
	})
	return paths, err
}
