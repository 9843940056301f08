package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"k8s.io/kubelet/pkg/apis/deviceplugin/v1beta1"
)

// fakeGPUPlugin offers devices that do not exist through the real device-plugin API, so that the scheduler and the kubelet count them as
// they count real ones. A container that is given one gets an environment variable that says so, and no device node.
type fakeGPUPlugin struct {
	v1beta1.UnimplementedDevicePluginServer
	devices []*v1beta1.Device
}

func runFakeGPUDevicePlugin() {
	flags := flag.NewFlagSet("fake-gpu-device-plugin", flag.ExitOnError)
	directory := flags.String("plugin-directory", v1beta1.DevicePluginPath, "directory of the kubelet's device plugin sockets")
	resource := flags.String("resource", "nvidia.com/gpu", "extended resource to offer")
	count := flags.Int("count", 1, "number of fake devices to offer")
	_ = flags.Parse(os.Args[1:])
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	for ctx.Err() == nil {
		if err := offerUntilKubeletRestarts(ctx, *directory, *resource, *count); err != nil {
			log.Printf("fake GPU device plugin: %v; trying again", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
}

// offerUntilKubeletRestarts serves and registers once. A kubelet that starts empties its plugin directory, so the loss of our own socket
// is the signal to register again.
func offerUntilKubeletRestarts(ctx context.Context, directory, resource string, count int) error {
	socket := filepath.Join(directory, "fake-gpu.sock")
	if err := os.Remove(socket); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	listener, err := net.Listen("unix", socket)
	if err != nil {
		return err
	}
	plugin := grpc.NewServer()
	v1beta1.RegisterDevicePluginServer(plugin, &fakeGPUPlugin{devices: fakeDevices(count)})
	go func() { _ = plugin.Serve(listener) }()
	defer plugin.Stop()
	if err := register(ctx, filepath.Join(directory, "kubelet.sock"), filepath.Base(socket), resource); err != nil {
		return err
	}
	log.Printf("fake GPU device plugin: registered %d of %s", count, resource)
	for ctx.Err() == nil {
		if _, err := os.Stat(socket); err != nil {
			return fmt.Errorf("plugin socket is gone, the kubelet restarted: %w", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(500 * time.Millisecond):
		}
	}
	return nil
}

func register(ctx context.Context, kubeletSocket, endpoint, resource string) error {
	connection, err := grpc.NewClient("unix://"+kubeletSocket, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer connection.Close()
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	_, err = v1beta1.NewRegistrationClient(connection).Register(ctx, &v1beta1.RegisterRequest{
		Version:      v1beta1.Version,
		Endpoint:     endpoint,
		ResourceName: resource,
		Options:      &v1beta1.DevicePluginOptions{},
	})
	return err
}

func fakeDevices(count int) []*v1beta1.Device {
	devices := make([]*v1beta1.Device, count)
	for index := range devices {
		devices[index] = &v1beta1.Device{ID: fmt.Sprintf("fake-gpu-%d", index), Health: v1beta1.Healthy}
	}
	return devices
}

func (p *fakeGPUPlugin) GetDevicePluginOptions(context.Context, *v1beta1.Empty) (*v1beta1.DevicePluginOptions, error) {
	return &v1beta1.DevicePluginOptions{}, nil
}

// ListAndWatch sends the list once: fake devices never fail, and the stream stays open because its end means the plugin is gone.
func (p *fakeGPUPlugin) ListAndWatch(_ *v1beta1.Empty, stream v1beta1.DevicePlugin_ListAndWatchServer) error {
	if err := stream.Send(&v1beta1.ListAndWatchResponse{Devices: p.devices}); err != nil {
		return err
	}
	<-stream.Context().Done()
	return nil
}

func (p *fakeGPUPlugin) Allocate(_ context.Context, request *v1beta1.AllocateRequest) (*v1beta1.AllocateResponse, error) {
	response := &v1beta1.AllocateResponse{}
	for _, container := range request.ContainerRequests {
		response.ContainerResponses = append(response.ContainerResponses, &v1beta1.ContainerAllocateResponse{
			Envs: map[string]string{"TRIBUTARY_FAKE_GPUS": fmt.Sprint(len(container.DevicesIds))},
		})
	}
	return response, nil
}
