package fuzzsession

// Differences that are known and wait for being mended are kept out of the sessions,
// so that others show.
const (
	// avoidGroups: one constant of a group gets another definition, and a type
	// that uses another one of the group must stay what it is.
	avoidGroups = false
	// avoidValues: a variable is declared again with another value, and a type
	// whose methods use the variable must stay what it is.
	avoidValues = false
	// avoidHomonyms: fields and parameters that are called as something else at
	// package level, whose new definition must not concern them.
	avoidHomonyms = false
	// avoidLocals: types that are local to a function, which must be the same in
	// each cell that calls the function.
	avoidLocals = true
)
