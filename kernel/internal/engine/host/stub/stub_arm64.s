//go:build gocifar_live

#include "textflag.h"

TEXT runtime·addmoduledata(SB), NOSPLIT|NOFRAME, $0-0
	JMP github·com∕gocifar∕gocifar∕kernel∕internal∕engine∕host∕module·addmoduledata(SB)
