// Package peek looks at values of its own process while other goroutines change
// them, as a debugger looks at another process.
//
// Go code that reads a variable without its lock may see half of a change: the
// pointer of one slice with the length of another, or the type of one value
// with the data of another. A map that is read while it is written ends the
// process, and nothing can recover that. So this package does not read values
// as Go values. It copies bytes by a system call, which fails where there is no
// memory, and keeps addresses as numbers, which the garbage collector does not
// look at. What it takes for a type is checked before it is used. A value that
// changes at the moment is shown half old, half new, or as "?"; nothing worse
// can happen.
//
// The package calls no methods of values, but for numbers of types that are
// not the notebook's, such as time.Duration.
package peek
