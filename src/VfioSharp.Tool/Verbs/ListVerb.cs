using System.CommandLine;
using VfioSharp.Tool.Manual;
using VfioSharp.Tool.Reports;
using VfioSharp.Tool.Reports.Listing;

namespace VfioSharp.Tool.Verbs;

/// <summary>`vfio list`.</summary>
internal static class ListVerb
{
    public static Command Create(ToolHost host)
    {
        var json = new Option<bool>("--json") { Description = "Print JSON" };
        var prometheus = new Option<bool>("--prometheus") { Description = "Print metrics in Prometheus' text format" };
        var nodeFeatures = new Option<bool>("--nfd") { Description = "Print features for Kubernetes' Node Feature Discovery" };
        var verb = new VerbCommand("list", "List the PCI functions: who holds them, and whether VFIO can take them", """
            Needs no privilege. Names come from the system's pci.ids, where there is one.
              driver    who holds the function; vfio-pci means that it can be opened
              group     its IOMMU group; a group is handed out as a whole
              viable    whether user space can take the group: nobody but VFIO drivers, pci-stub and pcieport holds
                        a member; otherwise the members that are in the way
              mappable  whether a BAR is memory of a page or more, so that its registers can be mapped

            --prometheus suits the textfile collector of node_exporter:
              vfio list --prometheus > /var/lib/node_exporter/textfile/vfio.prom
            It has vfio_pci_function_info (labels address, class, vendor, device, driver, iommu_group),
            vfio_pci_function_bound, vfio_pci_function_mappable and vfio_iommu_group_viable.

            --nfd prints feature lines, name=value, for the local source of Node Feature Discovery:
              vfio list --nfd > /etc/kubernetes/node-feature-discovery/features.d/vfio
            It has vfio.iommu (true or false), vfio.functions, vfio.bound and vfio.mappable (numbers of functions), and
            for each kind of function that vfio-pci holds vfio.bound-CLASS_VENDOR_DEVICE=NUMBER.
            """)
        {
            json,
            prometheus,
            nodeFeatures,
        };
        verb.Validators.Add(result =>
        {
            if (new[] { json, prometheus, nodeFeatures }.Count(option => result.GetValue(option)) > 1)
                result.AddError("--json, --prometheus and --nfd exclude each other.");
        });
        verb.SetVerb((parsed, _) =>
        {
            var listing = ListReport.Gather(host.Functions, host.PciIdsFiles);
            if (parsed.GetValue(json))
                host.Output.WriteLine(ReportJson.Serialize(listing));
            else if (parsed.GetValue(prometheus))
                PrometheusListing.Write(host.Output, listing);
            else if (parsed.GetValue(nodeFeatures))
                NodeFeatureListing.Write(host.Output, listing);
            else
                ListTable.Write(host, listing);
        });
        return verb;
    }
}
