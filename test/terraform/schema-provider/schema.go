// Turns the form of `terraform providers schema -json` into the plugin protocol's.
package main

import (
	"encoding/json"
	"fmt"
	"sort"

	"github.com/hashicorp/terraform-plugin-go/tfprotov5"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

type attribute struct {
	Type     json.RawMessage `json:"type"`
	Required bool            `json:"required"`
	Optional bool            `json:"optional"`
	Computed bool            `json:"computed"`
}

type nestedBlock struct {
	NestingMode string `json:"nesting_mode"`
	MinItems    int64  `json:"min_items"`
	MaxItems    int64  `json:"max_items"`
	Block       block  `json:"block"`
}

type block struct {
	Attributes map[string]attribute   `json:"attributes"`
	BlockTypes map[string]nestedBlock `json:"block_types"`
}

var nestings = map[string]tfprotov5.SchemaNestedBlockNestingMode{
	"list":   tfprotov5.SchemaNestedBlockNestingModeList,
	"set":    tfprotov5.SchemaNestedBlockNestingModeSet,
	"single": tfprotov5.SchemaNestedBlockNestingModeSingle,
}

func (b block) schema() (*tfprotov5.Schema, error) {
	converted, err := b.convert()
	if err != nil {
		return nil, err
	}
	return &tfprotov5.Schema{Block: converted}, nil
}

func (b block) convert() (*tfprotov5.SchemaBlock, error) {
	converted := &tfprotov5.SchemaBlock{}
	for _, name := range sortedKeys(b.Attributes) {
		given := b.Attributes[name]
		// The only reader of this form in the library; it is deprecated for providers' own schemas.
		valueType, err := tftypes.ParseJSONType(given.Type) //nolint:staticcheck
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		converted.Attributes = append(converted.Attributes, &tfprotov5.SchemaAttribute{
			Name: name, Type: valueType, Required: given.Required, Optional: given.Optional, Computed: given.Computed,
		})
	}
	for _, name := range sortedKeys(b.BlockTypes) {
		given := b.BlockTypes[name]
		nesting, isKnown := nestings[given.NestingMode]
		if !isKnown {
			return nil, fmt.Errorf("%s: unknown nesting %q", name, given.NestingMode)
		}
		inner, err := given.Block.convert()
		if err != nil {
			return nil, fmt.Errorf("%s.%w", name, err)
		}
		converted.BlockTypes = append(converted.BlockTypes, &tfprotov5.SchemaNestedBlock{
			TypeName: name, Nesting: nesting, MinItems: given.MinItems, MaxItems: given.MaxItems, Block: inner,
		})
	}
	return converted, nil
}

func sortedKeys[V any](values map[string]V) []string {
	keys := make([]string, 0, len(values))
	for key := range values {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}

// computedAt says whether a value that the configuration leaves out at this path is one that Google would fill in.
func computedAt(schema *tfprotov5.SchemaBlock, path *tftypes.AttributePath) bool {
	steps := path.Steps()
	if len(steps) == 0 {
		return false
	}
	name, isName := steps[0].(tftypes.AttributeName)
	if !isName {
		return false
	}
	for _, candidate := range schema.Attributes {
		if candidate.Name == string(name) {
			return len(steps) == 1 && candidate.Computed
		}
	}
	for _, candidate := range schema.BlockTypes {
		if candidate.TypeName != string(name) {
			continue
		}
		rest := steps[1:]
		// Between a block's name and its attributes stands the element's key, except for a single block.
		if candidate.Nesting != tfprotov5.SchemaNestedBlockNestingModeSingle && len(rest) > 0 {
			rest = rest[1:]
		}
		return computedAt(candidate.Block, tftypes.NewAttributePathWithSteps(rest))
	}
	return false
}
