package peek

const callReadMemory = 270 // process_vm_readv
