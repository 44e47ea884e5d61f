package session

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Restart forgets the values of variables, because the process that held them
// ended. It returns the names of those that are gone, as statements made them,
// and of those that will be made anew by the initializers of their
// declarations. Other declarations stay.
func (s *Session) Restart(why string) (gone, anew []string) {
	gone, anew = s.lose(why, func(*Variable) bool { return true })
	s.versions = map[string]map[string]version{}
	return gone, anew
}

// Lose forgets the values whose types are made of types of packages that have
// come in anew, by the paths that these had. It returns names as Restart does.
func (s *Session) Lose(packages []string, why string) (gone, anew []string) {
	return s.lose(why, func(v *Variable) bool { return slices.ContainsFunc(packages, v.madeOf) })
}

func (s *Session) lose(why string, which func(*Variable) bool) (gone, anew []string) {
	for _, name := range slices.Sorted(maps.Keys(s.variables)) {
		v := s.variables[name]
		if !which(v) {
			continue
		}
		delete(s.variables, name)
		if v.spec != nil {
			s.dormant[name] = v
			anew = append(anew, name)
			continue
		}
		gone = append(gone, name)
		s.lost[name] = fmt.Sprintf("the value of %s is lost, %s: run cell [%d] again, which declares it", name, why,
			v.Cell)
	}
	return gone, anew
}

// madeOf tells whether types of a package are in the variable's type.
func (v *Variable) madeOf(path string) bool {
	for _, imported := range v.imports {
		if imported == path {
			return true
		}
	}
	// A layout has all types by their packages' paths.
	for rest := v.layout; ; {
		before, after, ok := strings.Cut(rest, path+".")
		if !ok {
			return false
		}
		if before == "" || !strings.ContainsAny(before[len(before)-1:], pathCharacters) {
			return true
		}
		rest = after
	}
}

// pathCharacters may stand before the end of an import path.
const pathCharacters = "/.-_~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
