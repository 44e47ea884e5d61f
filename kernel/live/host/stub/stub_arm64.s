//go:build gocifar_live

#include "textflag.h"

TEXT runtime·addmoduledata(SB), NOSPLIT|NOFRAME, $0-0
	JMP github·com∕gocifar∕gocifar∕kernel∕live∕host∕module·addmoduledata(SB)
