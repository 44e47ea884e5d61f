//go:build !(linux && cgo && (amd64 || arm64))

package host

import "errors"

func load(string, string) (func(), error) {
	return nil, errors.New("live cells need Linux on amd64 or arm64, and cgo")
}
