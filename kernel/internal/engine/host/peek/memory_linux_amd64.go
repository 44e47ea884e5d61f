package peek

const callReadMemory = 310 // process_vm_readv
