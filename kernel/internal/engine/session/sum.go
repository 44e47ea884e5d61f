package session

import (
	"crypto/sha256"
	"fmt"
	"strings"

	"github.com/gocifar/gocifar/kernel/internal/engine/library"
)

// Sum tells programs apart whose compiled code differs in more than the number
// of the execution. Programs with equal sums do the same: the text of a cell and
// of all declarations that it uses is in the sum, and so are the symbols of the
// variables.
func (p *Program) Sum() [sha256.Size]byte {
	n := p.number
	source := strings.NewReplacer(
		cellName(n)+":", "cell:",
		library.EntryName(n)+"\n", "entry\n",
		resultCall(n), "result(",
		declareCall(n)+",", "declare(",
		fmt.Sprintf("%s.Hooks(%d, ", hostName, n), "hooks(",
		fmt.Sprintf("%s.Stop(%d, ", hostName, n), "stop(",
		fmt.Sprintf("%s.Poll(%d);", hostName, n), "poll;",
		fmt.Sprintf("%s.Sleeper(%d, ", hostName, n), "sleeper(",
	).Replace(string(p.Source))
	// The cell's own text, too: what is replaced above might stand in a string.
	return sha256.Sum256(fmt.Appendf(nil, "%d %s%s", len(p.source), p.source, source))
}
