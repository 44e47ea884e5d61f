package xla

import "fmt"

// Catch runs f and returns what it panicked with as an error. GoMLX reports
// mistakes in graphs by panics; none may reach a user.
func Catch(f func()) (err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case error:
			err = r
		default:
			err = fmt.Errorf("%v", r)
		}
	}()
	f()
	return nil
}
