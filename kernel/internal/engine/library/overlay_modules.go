package library

// The runtime keeps a list of modules and walks through it for every frame of a
// stack, every name of a type, and for each module that is loaded. A program
// has a handful of modules; a session has one for each cell. So the library's
// runtime looks modules up by their place in memory, and adds to what it knows
// of them where Go's begins anew.
var manyModules = feature{
	without: "cells become slower with their number",
	changes: []change{
		{
			file:    "runtime/symtab.go",
			at:      "\tfor datap := &firstmoduledata; datap != nil; datap = datap.next {\n\t\tif datap.minpc <= pc",
			insert:  "\tif md := liveModuleOf(pc); md == nil || md.minpc <= pc && pc < md.maxpc {\n\t\treturn md\n\t}\n",
			declare: moduleTable,
		},
		{
			file: "runtime/symtab.go",
			at:   "\tvar mod *moduledata\n\tfor datap := &firstmoduledata; datap != nil; datap = datap.next {\n\t\tif len(datap.pclntable) == 0 {",
			insert: "\tif md := liveModuleOf(ptr); md != nil && len(md.pclntable) > 0 {\n" +
				"\t\tif base := uintptr(unsafe.Pointer(&md.pclntable[0])); base <= ptr && ptr < base+uintptr(len(md.pclntable)) {\n" +
				"\t\t\treturn funcInfo{f, md}\n\t\t}\n\t}\n",
		},
		{
			file:     "runtime/symtab.go",
			at:       "\tfor md := &firstmoduledata; md != nil; md = md.next {\n\t\tif md.bad {",
			replaces: true,
			insert: "\tfirst, known := &firstmoduledata, activeModules()\n\tif known != nil {\n" +
				"\t\tfirst, *modules = liveNewest.next, known // only we append\n\t}\n" +
				"\tfor md := first; md != nil; md = md.next {\n\t\tliveNewest = md\n\t\tif md.bad {",
		},
		{
			file:     "runtime/symtab.go",
			at:       "\t\tif md.hasmain != 0 {\n\t\t\t(*modules)[0] = md",
			replaces: true,
			insert:   "\t\tif md.hasmain != 0 && known == nil {\n\t\t\t(*modules)[0] = md",
		},
		{
			file:   "runtime/symtab.go",
			at:     "\tatomicstorep(unsafe.Pointer(&modulesSlice), unsafe.Pointer(modules))\n",
			insert: "\tliveAddModules((*modules)[len(known):])\n",
		},
		{
			file: "runtime/type.go",
			at:   "\tfor md := &firstmoduledata; md != nil; md = md.next {\n\t\tif base >= md.types && base < md.etypes {\n\t\t\tres := md.types + uintptr(off)",
			insert: "\tif md := liveModuleOf(base); md != nil && base >= md.types && base < md.etypes {\n" +
				"\t\tif res := md.types + uintptr(off); res <= md.etypes {\n" +
				"\t\t\treturn name{Bytes: (*byte)(unsafe.Pointer(res))}\n\t\t}\n\t}\n",
		},
		{
			// resolveTypeOff
			file:     "runtime/type.go",
			at:       typeOffHead + moduleOfTypes,
			replaces: true,
			insert:   typeOffHead + liveModuleOfTypes,
		},
		{
			// rtype.textOff
			file:     "runtime/type.go",
			at:       textOffHead + moduleOfTypes,
			replaces: true,
			insert:   textOffHead + liveModuleOfTypes,
		},
		{
			file: "runtime/stack.go",
			at:   "\tvar mod *moduledata\n\tfor datap := &firstmoduledata; datap != nil; datap = datap.next {\n\t\t// The normal case",
			insert: "\tif md := liveModuleOf(ptr); md != nil && md.gofunc <= ptr && ptr < md.epclntab {\n" +
				"\t\treturn uintptr(r.ptrBytes), (*byte)(unsafe.Pointer(md.rodata + uintptr(r.gcdataoff)))\n\t}\n",
		},
		{
			// cgoIsGoPointer
			file: "runtime/cgocall.go",
			at: "\tfor _, datap := range activeModules() {\n\t\tif cgoInRange(p, datap.data, datap.edata) || " +
				"cgoInRange(p, datap.bss, datap.ebss) {\n\t\t\treturn true",
			insert: "\tif liveModuleOf(uintptr(p)) == nil {\n\t\treturn false\n\t}\n",
		},
		{
			// bulkBarrierPreWrite
			file: "runtime/mbitmap.go",
			at: "\t\tfor _, datap := range activeModules() {\n\t\t\tif datap.data <= dst && dst < datap.edata {\n" +
				"\t\t\t\tbulkBarrierBitmap(dst, src, size, dst-datap.data",
			insert: "\t\tmd := liveModuleOf(dst)\n\t\tif md == nil {\n\t\t\treturn\n\t\t}\n" +
				"\t\tif md.bss <= dst && dst < md.ebss {\n" +
				"\t\t\tbulkBarrierBitmap(dst, src, size, dst-md.bss, md.gcbssmask.bytedata)\n\t\t\treturn\n\t\t}\n",
		},
		{
			file:     "runtime/mgcmark.go",
			at:       "\tfor _, datap := range activeModules() {\n\t\tnDataRoots := nBlocks",
			replaces: true,
			insert:   "\tfor _, datap := range liveRootModules(1) {\n\t\tnDataRoots := nBlocks",
		},
		{
			file:     "runtime/mgcmark.go",
			at:       "for _, datap := range activeModules() {\n\t\t\tworkDone += markrootBlock(datap.data,",
			replaces: true,
			insert:   "for _, datap := range liveRootModules(i - work.baseData) {\n\t\t\tworkDone += markrootBlock(datap.data,",
		},
		{
			file:     "runtime/mgcmark.go",
			at:       "for _, datap := range activeModules() {\n\t\t\tworkDone += markrootBlock(datap.bss,",
			replaces: true,
			insert:   "for _, datap := range liveRootModules(i - work.baseBSS) {\n\t\t\tworkDone += markrootBlock(datap.bss,",
			declare:  rootModules,
		},
		{
			file: "runtime/plugin.go",
			at: "\tfor pmd := firstmoduledata.next; pmd != nil; pmd = pmd.next {\n\t\tif pmd.bad {\n" +
				"\t\t\tmd = nil // we only want the last module\n\t\t\tcontinue\n\t\t}\n\t\tmd = pmd\n\t}\n",
			replaces: true,
			insert:   "\tif last := lastmoduledatap; last != &firstmoduledata && !last.bad {\n\t\tmd = last\n\t}\n",
		},
		{
			// Each cell has a path of its own.
			file:     "runtime/plugin.go",
			at:       "\tfor _, pmd := range activeModules() {\n\t\tif pmd.pluginpath",
			replaces: true,
			insert:   "\tfor _, pmd := range liveOverlapping(md) {\n\t\tif pmd.pluginpath",
		},
	},
}

const (
	typeOffHead = "\t\treturn nil\n\t}\n\tbase := uintptr(ptrInModule)\n\tvar md *moduledata\n"
	textOffHead = "\tbase := uintptr(unsafe.Pointer(t.Type))\n\tvar md *moduledata\n"

	moduleOfTypes = "\tfor next := &firstmoduledata; next != nil; next = next.next {\n" +
		"\t\tif base >= next.types && base < next.etypes {\n\t\t\tmd = next\n\t\t\tbreak\n\t\t}\n\t}\n"
	liveModuleOfTypes = "\tif md = liveModuleOf(base); md != nil && (base < md.types || base >= md.etypes) {\n\t\tmd = nil\n\t}\n"
)

// moduleTable is the table of modules. It lies outside of the heap, and tables
// that were replaced by larger ones stay, since a signal handler may look at
// one at any time.
const moduleTable = `
type liveModule struct {
	low, high uintptr // where the module lies in memory
	md        uintptr // of a *moduledata, which is never on the heap
}

// liveModuleTable holds modules by their place, the highest first, which is
// mostly the order in which they come.
type liveModuleTable struct {
	rows *[1 << 20]liveModule
	size uintptr // of rows
	n    uintptr // rows in use
}

var (
	// liveVersion is odd while the table is being changed, by the only one who
	// does. Meanwhile the list of modules tells. What is read between two looks
	// at the version is read, and written, atomically, since processors change
	// the order of other reads and writes.
	liveVersion atomic.Uint32
	liveTable   *liveModuleTable
	liveNewest  *moduledata // the last that modulesinit has seen
	// liveCovered is the last module in the table.
	liveCovered *moduledata
)

// liveRange is where a module lies, with all that belongs to it.
//
//go:nosplit
func (md *moduledata) liveRange() (low, high uintptr) {
	low = min(md.text, md.types, md.rodata)
	if md.data != 0 {
		low = min(low, md.data)
	}
	return low, max(md.etext, md.etypes, md.epclntab, md.edata, md.enoptrdata, md.ebss, md.enoptrbss, md.end)
}

// liveModuleOf finds the module that an address lies in, or nil.
//
//go:nosplit
//go:nowritebarrierrec
func liveModuleOf(address uintptr) *moduledata {
	md := &firstmoduledata
	version := liveVersion.Load()
	if t := (*liveModuleTable)(atomic.Loadp(unsafe.Pointer(&liveTable))); t != nil && version&1 == 0 {
		n := min(atomic.Loaduintptr(&t.n), t.size)
		from, to := uintptr(0), n
		for from < to {
			if middle := (from + to) >> 1; atomic.Loaduintptr(&t.rows[middle].low) > address {
				from = middle + 1
			} else {
				to = middle
			}
		}
		var row liveModule
		if from < n {
			row.low, row.high = atomic.Loaduintptr(&t.rows[from].low), atomic.Loaduintptr(&t.rows[from].high)
			row.md = atomic.Loaduintptr(&t.rows[from].md)
		}
		covered := (*moduledata)(atomic.Loadp(unsafe.Pointer(&liveCovered)))
		if liveVersion.Load() == version {
			if row.low <= address && address < row.high {
				return (*moduledata)(unsafe.Pointer(row.md))
			}
			md = covered.next
		}
	}
	for ; md != nil; md = md.next {
		if low, high := md.liveRange(); low <= address && address < high {
			return md
		}
	}
	return nil
}

// livePlace is where in the table a module belongs whose lowest address is low.
func livePlace(low uintptr) uintptr {
	i := liveTable.n
	for i > 0 && liveTable.rows[i-1].low < low {
		i--
	}
	return i
}

// liveAddModules puts modules into the table.
func liveAddModules(modules []*moduledata) {
	var large []*moduledata
	if liveLarge != nil {
		large = *liveLarge
	} else { // those that are there from the start
		large = append(large, modules...) // a copy: both lists grow
	}
	liveVersion.Add(1)
	for _, md := range modules {
		if liveTable == nil || liveTable.n == liveTable.size {
			liveGrow()
		}
		t := liveTable
		low, high := md.liveRange()
		i := livePlace(low)
		for j := t.n; j > i; j-- {
			t.rows[j].store(t.rows[j-1])
		}
		t.rows[i].store(liveModule{low, high, uintptr(unsafe.Pointer(md))})
		atomic.Storeuintptr(&t.n, t.n+1)
		if liveLarge != nil && max(md.edata-md.data, md.ebss-md.bss) > rootBlockBytes {
			large = append(large, md)
		}
	}
	atomicstorep(unsafe.Pointer(&liveCovered), unsafe.Pointer(liveNewest))
	liveVersion.Add(1)
	list := new([]*moduledata)
	*list = large
	atomicstorep(unsafe.Pointer(&liveLarge), unsafe.Pointer(list))
}

func (row *liveModule) store(other liveModule) {
	atomic.Storeuintptr(&row.low, other.low)
	atomic.Storeuintptr(&row.high, other.high)
	atomic.Storeuintptr(&row.md, other.md)
}

// liveGrow replaces the table by a larger one.
func liveGrow() {
	t := (*liveModuleTable)(persistentalloc(unsafe.Sizeof(liveModuleTable{}), 0, &memstats.other_sys))
	t.size = 16
	if liveTable != nil {
		t.size, t.n = 2*liveTable.size, liveTable.n
	}
	t.rows = (*[1 << 20]liveModule)(persistentalloc(t.size*unsafe.Sizeof(liveModule{}), 0, &memstats.other_sys))
	if liveTable != nil {
		memmove(unsafe.Pointer(t.rows), unsafe.Pointer(liveTable.rows), t.n*unsafe.Sizeof(liveModule{}))
	}
	atomicstorep(unsafe.Pointer(&liveTable), unsafe.Pointer(t))
}

// liveOverlapping are the modules in the table that share addresses with one
// that is not there yet.
func liveOverlapping(md *moduledata) (list []*moduledata) {
	low, high := md.liveRange()
	i := livePlace(low)
	if i > 0 && liveTable.rows[i-1].low < high {
		list = append(list, (*moduledata)(unsafe.Pointer(liveTable.rows[i-1].md)))
	}
	if i < liveTable.n && liveTable.rows[i].high > low {
		list = append(list, (*moduledata)(unsafe.Pointer(liveTable.rows[i].md)))
	}
	return list
}
`

// rootModules are the modules whose variables a job of the garbage collector
// looks at: from the second block of each on only those that have one.
const rootModules = `
var liveLarge *[]*moduledata

func liveRootModules(block uint32) []*moduledata {
	if block == 0 {
		return activeModules()
	}
	return *(*[]*moduledata)(atomic.Loadp(unsafe.Pointer(&liveLarge)))
}
`
