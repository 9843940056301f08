// Command kube-network-policies enforces the NetworkPolicies of one local cluster: it judges each new connection of its pods, which the node's
// rules hand to a netfilter queue. It is the released one with a kubeconfig, and with pods found by what the network plugin wrote.
package main

import (
	"context"
	"flag"
	"log"
	"os/signal"
	"syscall"

	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"
	"sigs.k8s.io/kube-network-policies/pkg/networkpolicy"
)

func main() {
	kubeconfig := flag.String("kubeconfig", "", "kubeconfig of the cluster")
	node := flag.String("node", "", "name of the node whose pods' connections are judged")
	queue := flag.Int("queue", 0, "number of the netfilter queue that holds the connections")
	network := flag.String("pod-network", "", "name of the pod network in the configuration of the network plugin")
	klog.InitFlags(nil)
	flag.Parse()
	config, err := clientcmd.BuildConfigFromFlags("", *kubeconfig)
	if err != nil {
		log.Fatalf("network policies: kubeconfig %q: %v", *kubeconfig, err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	client := kubernetes.NewForConfigOrDie(config)
	factory := informers.NewSharedInformerFactory(client, 0)
	pods := podsByNetworkPlugin{PodInformer: factory.Core().V1().Pods(), network: *network}
	controller, err := networkpolicy.NewController(
		client,
		factory.Networking().V1().NetworkPolicies(),
		factory.Core().V1().Namespaces(),
		pods,
		nil, nil, nil, nil,
		networkpolicy.Config{NodeName: *node, QueueID: *queue, NRIdisabled: true},
	)
	if err != nil {
		log.Fatalf("network policies of node %q: %v", *node, err)
	}
	factory.Start(ctx.Done())
	if err := controller.Run(ctx); err != nil {
		log.Fatalf("network policies of node %q: %v", *node, err)
	}
}
