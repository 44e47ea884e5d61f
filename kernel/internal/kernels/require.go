package kernels

// RequireVariable tells the live kernel in its environment which modules of which
// versions, MODULE@VERSION with spaces between, a notebook came to need.
const RequireVariable = "GOCIFAR_REQUIRE"

// CoverVariable tells the live kernel in its environment into which file to write
// which lines of the user's packages cells have reached.
const CoverVariable = "GOCIFAR_COVER"
