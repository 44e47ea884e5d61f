package fuzzsession

// Differences that are known are kept out of the sessions, so that others show.
const (
	// avoidLocals: types that are local to a function, which must be the same
	// in each cell that calls the function.
	avoidLocals = true
)
