//go:build gocifar_live

#include "textflag.h"

// The argument is in a register of the linker's choice, so nothing may be
// touched on the way.
TEXT ·addmoduledata(SB), NOSPLIT|NOFRAME, $0-0
	JMP runtime·addmoduledata(SB)
