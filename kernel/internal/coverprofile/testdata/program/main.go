// Command program takes another way for each argument.
package main

import (
	"fmt"
	"os"
)

func main() {
	switch os.Args[1] {
	case "one":
		fmt.Println(1)
	case "two":
		fmt.Println(2)
	default:
		for i := range 100 {
			if i%3 == 0 {
				fmt.Println(i)
			}
		}
	}
	if len(os.Args) > 5 {
		fmt.Println("never")
	}
}
