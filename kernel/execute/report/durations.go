package report

import (
	"encoding/xml"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Durations reads how long the notebooks of an earlier run took, in seconds by
// their names: from an index.json, or from JUnit XML as [Index.JUnit] writes
// it, in a file *.xml.
func Durations(path string) (map[string]float64, error) {
	if strings.EqualFold(filepath.Ext(path), ".xml") {
		return junitDurations(path)
	}
	var x Index
	if err := readIndex(path, &x); err != nil {
		return nil, err
	}
	seconds := map[string]float64{}
	for _, n := range x.Notebooks {
		seconds[n.Name] = n.Seconds
	}
	return seconds, nil
}

func junitDurations(path string) (map[string]float64, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var all junitSuites
	if err := xml.Unmarshal(raw, &all); err != nil {
		return nil, fmt.Errorf("%s is broken: %w", path, err)
	}
	seconds := map[string]float64{}
	for _, suite := range all.Suites {
		if seconds[suite.Name], err = strconv.ParseFloat(suite.Time, 64); err != nil {
			return nil, fmt.Errorf("%s is broken: suite %s has time %q, want seconds", path, suite.Name, suite.Time)
		}
	}
	return seconds, nil
}
