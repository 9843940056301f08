package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	listers "k8s.io/client-go/listers/core/v1"
	storagelisters "k8s.io/client-go/listers/storage/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
)

const (
	provisionerName       = "tributary.dev/local-volume"
	provisionedAnnotation = "pv.kubernetes.io/provisioned-by"
	// Set by the scheduler once it has a node for the first pod of a claim that binds late.
	selectedNodeAnnotation = "volume.kubernetes.io/selected-node"
)

// volumeProvisioner gives each claim of its storage classes a directory of its only node, writable by every user: the kubelet gives host
// paths to no group, so a pod that does not run as root could not write to what the controller manager's own provisioner makes.
type volumeProvisioner struct {
	client    kubernetes.Interface
	claims    listers.PersistentVolumeClaimLister
	volumes   listers.PersistentVolumeLister
	classes   storagelisters.StorageClassLister
	node      string
	directory string
}

func runLocalVolumeProvisioner() {
	flags := flag.NewFlagSet("local-volume-provisioner", flag.ExitOnError)
	kubeconfig := flags.String("kubeconfig", "", "kubeconfig of the cluster")
	node := flags.String("node", "", "name of the node whose directories are given")
	directory := flags.String("directory", "", "directory that holds one directory a volume")
	_ = flags.Parse(os.Args[1:])
	config, err := clientcmd.BuildConfigFromFlags("", *kubeconfig)
	if err != nil {
		log.Fatalf("local volume provisioner: kubeconfig %q: %v", *kubeconfig, err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	client := kubernetes.NewForConfigOrDie(config)
	factory := informers.NewSharedInformerFactory(client, 0)
	core := factory.Core().V1()
	provisioner := &volumeProvisioner{
		client:    client,
		claims:    core.PersistentVolumeClaims().Lister(),
		volumes:   core.PersistentVolumes().Lister(),
		classes:   factory.Storage().V1().StorageClasses().Lister(),
		node:      *node,
		directory: *directory,
	}
	changed := wakeOnChange(
		core.PersistentVolumeClaims().Informer(),
		core.PersistentVolumes().Informer(),
		factory.Storage().V1().StorageClasses().Informer(),
	)
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	for ctx.Err() == nil {
		provisioner.reconcile(ctx)
		select {
		case <-ctx.Done():
		case <-changed:
		case <-time.After(10 * time.Second):
		}
	}
}

// wakeOnChange holds at most one wake-up: reconcile looks at everything, so ten changes need it once.
func wakeOnChange(sources ...cache.SharedIndexInformer) <-chan struct{} {
	changed := make(chan struct{}, 1)
	wake := func() {
		select {
		case changed <- struct{}{}:
		default:
		}
	}
	for _, source := range sources {
		_, _ = source.AddEventHandler(cache.ResourceEventHandlerFuncs{
			AddFunc:    func(any) { wake() },
			UpdateFunc: func(any, any) { wake() },
			DeleteFunc: func(any) { wake() },
		})
	}
	return changed
}

func (p *volumeProvisioner) reconcile(ctx context.Context) {
	claims, _ := p.claims.List(labels.Everything())
	for _, claim := range claims {
		if p.wantsVolume(claim) {
			logFailure("give a volume to "+claim.Namespace+"/"+claim.Name, p.provision(ctx, claim))
		}
	}
	volumes, _ := p.volumes.List(labels.Everything())
	for _, volume := range volumes {
		if volume.Annotations[provisionedAnnotation] == provisionerName && volume.Status.Phase == corev1.VolumeReleased {
			logFailure("remove "+volume.Name, p.remove(ctx, volume))
		}
	}
}

func logFailure(what string, err error) {
	if err != nil {
		log.Printf("local volume provisioner: %s: %v; trying again", what, err)
	}
}

// wantsVolume holds for a pending claim of one of our classes; a class that binds late waits until the scheduler chose our node.
func (p *volumeProvisioner) wantsVolume(claim *corev1.PersistentVolumeClaim) bool {
	if claim.Spec.StorageClassName == nil || claim.Spec.VolumeName != "" || claim.DeletionTimestamp != nil ||
		claim.Status.Phase != corev1.ClaimPending {
		return false
	}
	class, err := p.classes.Get(*claim.Spec.StorageClassName)
	if err != nil || class.Provisioner != provisionerName {
		return false
	}
	isLate := class.VolumeBindingMode != nil && *class.VolumeBindingMode == storagev1.VolumeBindingWaitForFirstConsumer
	return !isLate || claim.Annotations[selectedNodeAnnotation] == p.node
}

func (p *volumeProvisioner) provision(ctx context.Context, claim *corev1.PersistentVolumeClaim) error {
	name := "pvc-" + string(claim.UID)
	if _, err := p.volumes.Get(name); err == nil {
		return nil
	}
	directory := filepath.Join(p.directory, name)
	if err := os.MkdirAll(directory, 0o777); err != nil {
		return err
	}
	// MkdirAll is subject to the umask.
	if err := os.Chmod(directory, 0o777); err != nil {
		return err
	}
	_, err := p.client.CoreV1().PersistentVolumes().Create(ctx, p.volumeFor(name, directory, claim), metav1.CreateOptions{})
	if apierrors.IsAlreadyExists(err) {
		return nil
	}
	return err
}

func (p *volumeProvisioner) volumeFor(name, directory string, claim *corev1.PersistentVolumeClaim) *corev1.PersistentVolume {
	onOurNode := corev1.NodeSelectorRequirement{Key: corev1.LabelHostname, Operator: corev1.NodeSelectorOpIn, Values: []string{p.node}}
	return &corev1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{Name: name, Annotations: map[string]string{provisionedAnnotation: provisionerName}},
		Spec: corev1.PersistentVolumeSpec{
			AccessModes:                   claim.Spec.AccessModes,
			Capacity:                      corev1.ResourceList{corev1.ResourceStorage: claim.Spec.Resources.Requests[corev1.ResourceStorage]},
			ClaimRef:                      &corev1.ObjectReference{APIVersion: "v1", Kind: "PersistentVolumeClaim", Namespace: claim.Namespace, Name: claim.Name, UID: claim.UID},
			PersistentVolumeReclaimPolicy: corev1.PersistentVolumeReclaimDelete,
			PersistentVolumeSource:        corev1.PersistentVolumeSource{Local: &corev1.LocalVolumeSource{Path: directory}},
			StorageClassName:              *claim.Spec.StorageClassName,
			NodeAffinity: &corev1.VolumeNodeAffinity{Required: &corev1.NodeSelector{
				NodeSelectorTerms: []corev1.NodeSelectorTerm{{MatchExpressions: []corev1.NodeSelectorRequirement{onOurNode}}},
			}},
		},
	}
}

func (p *volumeProvisioner) remove(ctx context.Context, volume *corev1.PersistentVolume) error {
	if volume.Spec.Local == nil || filepath.Dir(volume.Spec.Local.Path) != filepath.Clean(p.directory) {
		return fmt.Errorf("volume %s is not a directory under %s", volume.Name, p.directory)
	}
	if err := os.RemoveAll(volume.Spec.Local.Path); err != nil {
		return err
	}
	err := p.client.CoreV1().PersistentVolumes().Delete(ctx, volume.Name, metav1.DeleteOptions{})
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}
