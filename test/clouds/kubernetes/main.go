// Command tributary-kubernetes is every Kubernetes program a local cluster needs, in one binary: it acts as the program it is called by,
// either through its own file name (a link named kubelet) or through its first argument (tributary-kubernetes kubelet --help).
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	_ "time/tzdata" // CronJob time zones, as in the released binaries

	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/etcdmain"
	_ "k8s.io/client-go/plugin/pkg/client/auth"
	"k8s.io/component-base/cli"
	"k8s.io/component-base/logs"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	"k8s.io/kubectl/pkg/cmd"
	"k8s.io/kubectl/pkg/cmd/util"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	kubeproxy "k8s.io/kubernetes/cmd/kube-proxy/app"
	kubescheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"
)

var programs = map[string]func(){
	"etcd":                     func() { etcdmain.Main(os.Args) },
	"fake-gpu-device-plugin":   runFakeGPUDevicePlugin,
	"kube-apiserver":           component(apiserver.NewAPIServerCommand),
	"kube-controller-manager":  component(controllermanager.NewControllerManagerCommand),
	"kube-proxy":               component(kubeproxy.NewProxyCommand),
	"kube-scheduler":           component(func() *cobra.Command { return kubescheduler.NewSchedulerCommand() }),
	"kubectl":                  runKubectl,
	"kubelet":                  component(func() *cobra.Command { return kubelet.NewKubeletCommand(context.Background()) }),
	"local-volume-provisioner": runLocalVolumeProvisioner,
}

func main() {
	if run, ok := programs[filepath.Base(os.Args[0])]; ok {
		run()
		return
	}
	if len(os.Args) > 1 {
		if run, ok := programs[os.Args[1]]; ok {
			os.Args = os.Args[1:]
			run()
			return
		}
	}
	fmt.Fprintf(os.Stderr, "usage: %s PROGRAM [ARGUMENT...], where PROGRAM is one of: %s\n", filepath.Base(os.Args[0]), programNames())
	os.Exit(2)
}

func programNames() string {
	names := make([]string, 0, len(programs))
	for name := range programs {
		names = append(names, name)
	}
	sort.Strings(names)
	return strings.Join(names, ", ")
}

func component(newCommand func() *cobra.Command) func() {
	return func() { os.Exit(cli.Run(newCommand())) }
}

// runKubectl reads the log verbosity before the command exists, because kubectl logs while it is being built (plugins, .kuberc).
func runKubectl() {
	_, _ = logs.GlogSetter(cmd.GetLogVerbosity(os.Args))
	if err := cli.RunNoErrOutput(cmd.NewDefaultKubectlCommand()); err != nil {
		util.CheckErr(err)
	}
}
