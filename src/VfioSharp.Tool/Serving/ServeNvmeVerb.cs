using System.CommandLine;
using VfioSharp.Tool.Manual;

namespace VfioSharp.Tool.Serving;

/// <summary>`vfio serve nvme`.</summary>
internal static class ServeNvmeVerb
{
    private const string FunctionName = "nvme";

    /// <summary>Makes the verb.</summary>
    /// <param name="options">The options of the verb above.</param>
    public static Command Create(ServeOptions options)
    {
        var controller = new NvmeServing();
        var verb = new VerbCommand(FunctionName, "Serve an NVMe controller: images of disks, to QEMU's guests, SPDK or this library", """
            Each --image is a namespace: a raw file, whose bytes are those of the disk. One that is not there yet is made,
            with --size, and takes room on the disk as it is written; what a driver deallocates is given back. Without
            --image the namespaces are memory, and gone when the server ends.

            A write that was acknowledged is in the file whatever becomes of the server; a flush returns when it is on the
            medium (fdatasync). Told to end, the server flushes. It locks the files (flock): another server that does so,
            too, is refused. A file whose file system somebody has mounted comes to harm all the same.

            Doorbells are a page of shared memory, unless --doorbells trapped makes each a message. Shared, the server
            looks at them: with --busy-poll always, which takes a core and is the quickest; otherwise while there is work
            and --spin longer, then ever more seldom, down to once in --rest.

            `vfio serve` has the same controller as one of several functions: nvme@PATH, with options of its own.

            Examples:
              vfio serve nvme --image disk.img --size 1GiB --socket /run/user/1000/nvme
              vfio serve nvme --image a.img --image b.img --read-only --socket nvme.sock
              vfio nvme identify vfio-user:nvme.sock
            """);
        controller.AddTo(verb);
        verb.SetVerb((parsed, cancellation) =>
        {
            var target = ServeTarget.ReadOne(FunctionName, options.SocketOf(parsed), options.DescriptorOf(parsed));
            options.Serve(parsed, [(target, () => controller.Create(parsed))], cancellation);
        });
        return verb;
    }
}
