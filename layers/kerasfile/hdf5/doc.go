// Package hdf5 reads and writes the part of HDF5 that Keras weight files use.
//
// # Reading
//
// [Open] follows the HDF5 File Format Specification, version 3.0: superblocks
// 0 to 3, object headers 1 and 2, groups kept as symbol tables, as compact
// links and as dense links, attributes in the header and in dense storage,
// fixed-length and variable-length strings, and datasets that are compact,
// contiguous or chunked (B-tree index; deflate, shuffle and Fletcher-32
// filters), holding IEEE floats of 2, 4 or 8 bytes, bfloat16 or integers in
// either byte order. Values come back as float32. Anything else is refused by
// an error that wraps [ErrUnsupported] and names what was met.
//
// Files are foreign bytes, so nothing in them is believed: every address and
// length is checked against the file's size before anything is allocated,
// cycles of links end, a dataset that declares more than its stored bytes can
// hold is refused, and soft links, external links, external storage and
// virtual datasets are not followed, as Keras does not follow them.
//
// # Writing
//
// A [Tree] describes a file; [Tree.WriteTo] streams it out in the oldest form
// (superblock 0, symbol tables, header version 1, contiguous datasets), which
// every release of the HDF5 library, hence every Keras, reads.
//
// # Why not a library
//
// github.com/scigolib/hdf5 v0.13.14 is the only pure Go implementation with a
// public interface. Tried on files made by h5py 3.14 it opens a file whose root
// links to itself by eating all memory and ending the process, which cannot be
// recovered from; groups in dense storage come back empty without an error,
// groups of more than 256 members are refused; float16 and 8-bit integers are
// refused; unsigned integers are read as signed; shapes are only available
// inside a printed sentence; and every value is widened to float64. Its writer
// knows no attribute that is a list of strings, which layer_names and
// weight_names are, and fails after nine groups. It serves in the tests as a
// second reader of what is written here.
package hdf5
