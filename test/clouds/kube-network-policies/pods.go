package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/netip"
	"os"
	"path/filepath"

	coreinformers "k8s.io/client-go/informers/core/v1"
	"k8s.io/client-go/tools/cache"
)

// Where the network plugins keep what they gave, on every node.
const networkPluginState = "/var/lib/cni"

var errNoPod = errors.New("the address is no pod's")

// podsByNetworkPlugin answers whose pod has an address from what the network plugin wrote when it gave the address. The pods' own status
// knows it a second or two after their programs have started, which until then no policy would bind, and a pod that has ended keeps its
// address there after another pod got it.
type podsByNetworkPlugin struct {
	coreinformers.PodInformer
	network string
}

func (p podsByNetworkPlugin) Informer() cache.SharedIndexInformer {
	return indexedInformer{SharedIndexInformer: p.PodInformer.Informer(), network: p.network}
}

type indexedInformer struct {
	cache.SharedIndexInformer
	network string
}

func (i indexedInformer) GetIndexer() cache.Indexer {
	return addressIndexer{Indexer: i.SharedIndexInformer.GetIndexer(), network: i.network}
}

type addressIndexer struct {
	cache.Indexer
	network string
}

// ByIndex is asked for pods by address alone. An address that is no pod's is an error: for an empty answer the caller would ask a plug-in
// of the container runtime, which there is none of.
func (a addressIndexer) ByIndex(_, address string) ([]any, error) {
	key, ok := podOfAddress(networkPluginState, a.network, address)
	if !ok {
		return nil, errNoPod
	}
	pod, exists, err := a.Indexer.GetByKey(key)
	if err != nil || !exists {
		return nil, errors.Join(errNoPod, err)
	}
	return []any{pod}, nil
}

// podOfAddress finds the namespace/name of the pod that holds an address. Two files tell it: the plugin's lease of the address names the
// sandbox, and the result of the sandbox names the pod.
func podOfAddress(state, network, address string) (string, bool) {
	// The address becomes part of a path.
	if _, err := netip.ParseAddr(address); err != nil {
		return "", false
	}
	lease, err := os.ReadFile(filepath.Join(state, "networks", network, address))
	if err != nil {
		return "", false
	}
	sandbox, link, ok := bytes.Cut(lease, []byte("\n"))
	if !ok {
		return "", false
	}
	name := network + "-" + string(bytes.TrimSpace(sandbox)) + "-" + string(bytes.TrimSpace(link))
	result, err := os.ReadFile(filepath.Join(state, "results", name))
	if err != nil {
		return "", false
	}
	return podOfResult(result)
}

func podOfResult(text []byte) (string, bool) {
	var result struct {
		Arguments [][2]string `json:"cniArgs"`
	}
	if json.Unmarshal(text, &result) != nil {
		return "", false
	}
	var namespace, name string
	for _, argument := range result.Arguments {
		switch argument[0] {
		case "K8S_POD_NAMESPACE":
			namespace = argument[1]
		case "K8S_POD_NAME":
			name = argument[1]
		}
	}
	return namespace + "/" + name, namespace != "" && name != ""
}
