package getfile

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// KerasModels returns the folder in which Keras keeps the files of its
// applications: models in KERAS_HOME or in ~/.keras. What is there need not be
// downloaded again, and what we put there Keras finds.
func KerasModels() (string, error) {
	if dir := os.Getenv("KERAS_HOME"); dir != "" {
		return filepath.Abs(filepath.Join(dir, "models"))
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("no home folder for Keras' files (%w): set KERAS_HOME", err)
	}
	return filepath.Join(home, ".keras", "models"), nil
}

// Tilde returns a path for a message: below the user's home folder it starts
// with ~, so that a notebook that is passed on does not name the user.
func Tilde(path string) string {
	home, err := os.UserHomeDir()
	if err != nil || home == "" {
		return path
	}
	below, err := filepath.Rel(home, path)
	if err != nil || below == ".." || strings.HasPrefix(below, ".."+string(filepath.Separator)) {
		return path
	}
	return filepath.Join("~", below)
}
