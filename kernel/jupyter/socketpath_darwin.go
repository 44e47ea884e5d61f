package jupyter

// maxSocketPath is the longest path of a unix socket: sun_path less its final
// zero byte.
const maxSocketPath = 103
