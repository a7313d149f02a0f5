// Package portal is the pages that customers see. Each takes a struct of its
// own that says all that it shows; handlers fill them.
package portal
