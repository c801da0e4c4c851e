using System.Text.Json;

namespace VfioSharp.Tool.Tests.Nvme;

public sealed class IdentifyVerbTests
{
    // What nvme-cli 2.13 prints (nvme-print-json.c), in its order.
    private const string ControllerNames =
        "vid ssvid sn mn fr rab ieee cmic mdts cntlid ver rtd3r rtd3e oaes ctratt rrls bpcap nssl plsi cntrltype fguid crdt1 crdt2 "
        + "crdt3 crcap nvmsr vwci mec oacs acl aerl frmw lpa elpe npss avscc apsta wctemp cctemp mtfa hmpre hmmin tnvmcap unvmcap rpmbs "
        + "edstt dsto fwug kas hctma mntmt mxtmt sanicap hmminds hmmaxd nsetidmax endgidmax anatt anacap anagrpmax nanagrpid pels "
        + "domainid kpioc mptfawr megcap tmpthha cqt sqes cqes maxcmd nn oncs fuses fna vwc awun awupf icsvscc nwpc acwu ocfs sgls mnan "
        + "maxdna maxcna oaqd rhiri hirt cmmrtd nmmrtd minmrtg maxmrtg trattr mcudmq mnsudmq mcmr nmcmr mcdqpc subnqn ioccsz iorcsz "
        + "icdoff fcatt msdbd ofcs psds";

    private const string PowerStateNames =
        "max_power max_power_scale non-operational_state entry_lat exit_lat read_tput read_lat write_tput write_lat idle_power "
        + "idle_scale active_power active_power_work active_scale emerg_power_fail_recover_time emerg_power_fail_recover_scale "
        + "force_quiesce_vault_time force_quiesce_vault_scale emerg_power_fail_vault_time emerg_power_fail_vault_scale";

    private const string NamespaceNames =
        "nsid nsze ncap nuse nsfeat nlbaf flbas mc dpc dps nmic rescap fpi dlfeat nawun nawupf nacwu nabsn nabo nabspf noiob nvmcap "
        + "npwg npwa npdg npda nows mssrl mcl msrc kpios nulbaf kpiodaag anagrpid nsattr nvmsetid endgid nguid eui64 lbafs";

    private const string SmartNames =
        "critical_warning temperature avail_spare spare_thresh percent_used endurance_grp_critical_warning_summary data_units_read "
        + "data_units_written host_read_commands host_write_commands controller_busy_time power_cycles power_on_hours unsafe_shutdowns "
        + "media_errors num_err_log_entries warning_temp_time critical_comp_time thm_temp1_trans_count thm_temp2_trans_count "
        + "thm_temp1_total_time thm_temp2_total_time";

    [Fact]
    public async Task JSON_has_the_fields_under_the_names_of_nvme_cli()
    {
        using var disk = new ServedDisk((4 << 20, 512), (8 << 20, 4096));

        var run = await disk.RunAsync("nvme identify DEVICE --json");

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        var report = JsonDocument.Parse(run.Output).RootElement;
        Assert.Equal(["device", "version", "maxTransferInBytes", "maxQueuePairs", "controller", "namespaces"], NamesOf(report));
        var controller = report.GetProperty("controller");
        Assert.Equal(ControllerNames.Split(' '), NamesOf(controller));
        Assert.Equal((0x1b36, 0x1af4), (controller.GetProperty("vid").GetInt32(), controller.GetProperty("ssvid").GetInt32()));
        Assert.Equal("TOOL-TEST".PadRight(20), controller.GetProperty("sn").GetString());
        Assert.Equal(0x10400, controller.GetProperty("ver").GetInt32());
        Assert.Equal((0x66, 0x44), (controller.GetProperty("sqes").GetInt32(), controller.GetProperty("cqes").GetInt32()));
        Assert.Equal(JsonValueKind.Number, controller.GetProperty("tnvmcap").ValueKind);
        Assert.All(controller.GetProperty("psds").EnumerateArray(), state => Assert.Equal(PowerStateNames.Split(' '), NamesOf(state)));

        var namespaces = report.GetProperty("namespaces").EnumerateArray().ToArray();
        Assert.All(namespaces, space => Assert.Equal(NamespaceNames.Split(' '), NamesOf(space)));
        Assert.Equal([(1, 8192, 9), (2, 2048, 12)], namespaces.Select(space => (
            space.GetProperty("nsid").GetInt32(), space.GetProperty("nsze").GetInt32(),
            space.GetProperty("lbafs")[space.GetProperty("flbas").GetInt32() & 0xf].GetProperty("ds").GetInt32())));
    }

    [Fact]
    public async Task One_namespace_can_be_asked_for()
    {
        using var disk = new ServedDisk((4 << 20, 512), (8 << 20, 4096));

        var run = await disk.RunAsync("nvme identify DEVICE --json --namespace 2");

        var space = Assert.Single(JsonDocument.Parse(run.Output).RootElement.GetProperty("namespaces").EnumerateArray());
        Assert.Equal(2, space.GetProperty("nsid").GetInt32());
    }

    [Fact]
    public async Task People_see_what_it_is()
    {
        using var disk = new ServedDisk((4 << 20, 512), (8 << 20, 4096));

        var run = await disk.RunAsync("nvme identify DEVICE");

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        foreach (var part in new[] { "serial number TOOL-TEST", "NVMe 1.4", "4 MiB", "8 MiB", "512* 4096", "512 4096*", "WriteZeroes", "uuid " })
            Assert.Contains(part, run.Output, StringComparison.Ordinal);
        Assert.All(run.Output.Split('\n'), line => Assert.True(line.Length <= 120, line));
    }

    [Fact]
    public async Task Health_has_the_fields_under_the_names_of_nvme_cli()
    {
        using var disk = new ServedDisk();

        var run = await disk.RunAsync("nvme smart DEVICE --json");

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        var log = JsonDocument.Parse(run.Output).RootElement.GetProperty("smartLog");
        Assert.Equal(SmartNames.Split(' '), NamesOf(log).Where(name => !name.StartsWith("temperature_sensor_", StringComparison.Ordinal)));
        Assert.InRange(log.GetProperty("temperature").GetInt32(), 273, 373);
        Assert.Equal(JsonValueKind.Number, log.GetProperty("data_units_read").ValueKind);
    }

    [Fact]
    public async Task People_see_how_it_is()
    {
        using var disk = new ServedDisk();

        var run = await disk.RunAsync("nvme smart DEVICE");

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        foreach (var part in new[] { "warnings      none", "35 °C", "spare ", "commands" })
            Assert.Contains(part, run.Output, StringComparison.Ordinal);
    }

    private static IEnumerable<string> NamesOf(JsonElement element) => element.EnumerateObject().Select(property => property.Name);
}
