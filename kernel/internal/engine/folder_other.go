//go:build !linux

package engine

func loadable(string) bool { return true }
