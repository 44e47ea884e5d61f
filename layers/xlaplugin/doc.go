// Package xlaplugin opens XLA's plugin for the CPU or NVIDIA's GPUs, with four
// things that go-xla has no way to ask it for.
//
// What XLA compiles is kept on disk, so that the same program is compiled once
// on a machine and not in every process: in notebooks whose cells are processes,
// once and not in every cell. Plugins can write an executable as bytes and read
// it back (PJRT_Executable_Serialize, PJRT_Executable_DeserializeAndLoad). The
// machine code is the same, so results are, bit for bit. A file's name is a hash
// of all that decides about the machine code: program, options, XLA_FLAGS,
// plugin, processor, number of cores, GPU, its driver and libraries. Whatever
// goes wrong, a damaged file or a full disk, the program is compiled as without
// a cache.
//
// A program can be prepared while the one before runs ([Ahead]): plugins do not
// wait for what they execute, go-xla does.
//
// Large blocks of memory that the plugin for the CPU frees are kept for its next
// step (blocks_linux.c, on Linux alone). What is kept and what is used is
// together no more than was used at a time, and an eighth; blocks that nobody
// takes are freed after half a minute.
//
// Programs for the CPU can call functions of this package ([MaximaLanes]), which do
// in C what no operation of XLA's does.
//
// go-xla takes a plugin that its caller has loaded, by the address of its table
// of functions (pjrt.RegisterPreloadedPlugin). [Open] gives it a copy of the
// plugin's own table, with functions of ours in it: the one that compiles looks
// for the program in a folder first, the one that executes can leave out the
// event that go-xla would wait for. They count what they take, and others the
// bytes of buffers ([CostsSoFar]); the live kernel says of each cell how much of
// its time and of the device's memory that was.
package xlaplugin

// Limit is the number of bytes that a cache may take. Beyond it, files that
// were not used for longest go.
const Limit = 256 << 20
