package lists

import (
	"encoding/json"
	"fmt"
)

// whole is an item that is one entity.
func whole(idMember string) func(map[string]json.RawMessage) (map[string]json.RawMessage, error) {
	return func(item map[string]json.RawMessage) (map[string]json.RawMessage, error) {
		id, err := text(item, idMember)
		if err != nil {
			return nil, err
		}
		return one(id, item)
	}
}

// account is a service account without its tokens (dfns.md §2).
func account(item map[string]json.RawMessage) (map[string]json.RawMessage, error) {
	var user map[string]json.RawMessage
	if err := json.Unmarshal(item["userInfo"], &user); err != nil {
		return nil, fmt.Errorf("userInfo: %w", err)
	}
	id, err := text(user, "userId")
	if err != nil {
		return nil, fmt.Errorf("userInfo: %w", err)
	}
	return one(id, user)
}

// credentials are the tokens of a service account, by the credential that signs beside each.
func credentials(item map[string]json.RawMessage) (map[string]json.RawMessage, error) {
	var tokens []map[string]json.RawMessage
	if err := json.Unmarshal(item["accessTokens"], &tokens); err != nil {
		return nil, fmt.Errorf("accessTokens: %w", err)
	}
	of := map[string]json.RawMessage{}
	for _, t := range tokens {
		id, err := text(t, "credId")
		if err != nil {
			return nil, fmt.Errorf("accessTokens: %w", err)
		}
		if of[id], err = json.Marshal(t); err != nil {
			return nil, err
		}
	}
	return of, nil
}

func one(id string, members map[string]json.RawMessage) (map[string]json.RawMessage, error) {
	raw, err := json.Marshal(members)
	return map[string]json.RawMessage{id: raw}, err
}

func text(m map[string]json.RawMessage, name string) (s string, err error) {
	if err := json.Unmarshal(m[name], &s); err != nil || s == "" {
		return "", fmt.Errorf("%s is not a text", name)
	}
	return s, nil
}
