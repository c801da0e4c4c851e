using VfioSharp.Backends.VfioUser.Wire;
using VfioSharp.Conformance.Trials;
using static VfioSharp.Conformance.Trials.Numbers;

namespace VfioSharp.Conformance.Server.Cases;

/// <summary>DEVICE_FEATURE: what is offered, and how it is asked for.</summary>
internal static class FeatureCases
{
    private const VfioUserCommand Feature = VfioUserCommand.DeviceFeature;

    public static IEnumerable<ServerCase> All()
    {
        var group = new CaseGroup("device_feature", "VFIO_USER_DEVICE_FEATURE", "migration");
        var migration = DeviceNeed.Migration;
        group.Must(
            "short_write", "a request that ends within the fixed part is refused",
            trial => trial.Open().Refuse(Feature, Requests.Feature(FeatureGet | FeatureMigration, argumentSize: 16).AsSpan(0, 7), Errno.EINVAL),
            mirrors: "device_feature_short_write");
        group.Must("unknown_feature", "a feature that does not exist is refused", trial =>
        {
            var peer = trial.Open();
            foreach (var operation in (uint[])[FeatureGet, FeatureSet, FeatureProbe, FeatureProbe | FeatureGet])
                peer.Refuse(Feature, Requests.Feature(operation | 0xffff, argumentSize: 64), Errno.EINVAL);
        });
        group.Must(
            "no_operation", "a request without an operation is refused",
            trial => trial.Open().Refuse(Feature, Requests.Feature(FeatureMigration, argumentSize: 16), Errno.EINVAL));
        group.Must(
            "get_and_set", "GET with SET is refused",
            trial => trial.Open().Refuse(Feature, Requests.Feature(FeatureGet | FeatureSet | FeatureMigrationState, new byte[8]), Errno.EINVAL));
        group.Must(
            "unsupported_operation", "SET of the migration feature, which can only be got, is refused",
            trial => trial.Open().Refuse(Feature, Requests.Feature(FeatureSet | FeatureMigration, argumentSize: 16), Errno.EINVAL),
            migration, "device_feature_unsupported_operation");
        group.Must(
            "bad_argsz_probe", "a probe with an argsz of less than the fixed part is refused",
            trial => trial.Open().Refuse(Feature, Requests.Feature(FeatureProbe | FeatureMigration, argumentSize: 2), Errno.EINVAL),
            migration, "device_feature_bad_argsz_probe");
        group.Must(
            "bad_argsz_get_migration", "GET with an argsz too small for the data is refused",
            trial => trial.Open().Refuse(Feature, Requests.Feature(FeatureGet | FeatureMigration, argumentSize: 8), Errno.EINVAL),
            migration, "device_feature_bad_argsz_get_migration");
        group.Must(
            "bad_argsz_get_dma", "GET of a report with an argsz too small for the bits is refused",
            trial => trial.Open().Refuse(Feature, Requests.LoggingReport(0x10000, 0x20000, 4096, 32 + 7), Errno.EINVAL),
            DeviceNeed.Logging, "device_feature_bad_argsz_get_dma");
        group.Must(
            "bad_argsz_set", "SET with an argsz too small for the data is refused",
            trial => trial.Open().Refuse(Feature, Requests.Feature(FeatureSet | FeatureMigrationState, new Payload().U32(StateRunning).U32(0).ToArray(), 8), Errno.EINVAL),
            migration, "device_feature_bad_argsz_set");
        group.Must(
            "set_without_data", "SET without its data is refused",
            trial => trial.Open().Refuse(Feature, Requests.Feature(FeatureSet | FeatureMigrationState, argumentSize: 16), Errno.EINVAL), migration);
        group.Must("probe", "a probe is answered with the request itself", Probe, migration, "device_feature_probe");
        group.Must("probe_each", "the operations of each feature can be probed together", ProbeEach, migration);
        group.Must(
            "probe_too_much", "a probe of GET and SET of a feature that has GET alone is refused",
            trial => trial.Open().Refuse(Feature, Requests.Feature(FeatureProbe | FeatureGet | FeatureSet | FeatureMigration), Errno.EINVAL),
            migration, "device_feature_probe");
        group.Must(
            "migration_get", "the migration feature says STOP_COPY, and no state that does not exist",
            MigrationGet, migration, "device_feature_migration_get");
        group.Must("larger_argsz", "a larger argsz gets the same reply", trial =>
        {
            var reply = trial.Open().Accept(Feature, Requests.Feature(FeatureGet | FeatureMigration, argumentSize: 256)).OfLength(16);
            Expect.Equal(16, reply.U32(0), "argsz of the reply");
        }, migration);
        return group.Cases;
    }

    private static void Probe(ServerTrial trial)
    {
        var request = Requests.Feature(FeatureProbe | FeatureMigration);
        Expect.Equal(request, trial.Open().Accept(Feature, request).Payload, "the reply");
    }

    private static void ProbeEach(ServerTrial trial)
    {
        var peer = trial.Open();
        peer.Accept(Feature, Requests.Feature(FeatureProbe | FeatureGet | FeatureMigration));
        peer.Accept(Feature, Requests.Feature(FeatureProbe | FeatureGet | FeatureSet | FeatureMigrationState));
        if (!trial.Device.HasLogging)
            return;
        peer.Accept(Feature, Requests.Feature(FeatureProbe | FeatureSet | FeatureLoggingStart));
        peer.Accept(Feature, Requests.Feature(FeatureProbe | FeatureSet | FeatureLoggingStop));
        peer.Accept(Feature, Requests.Feature(FeatureProbe | FeatureGet | FeatureLoggingReport));
    }

    private static void MigrationGet(ServerTrial trial)
    {
        var reply = trial.Open().Accept(Feature, Requests.Feature(FeatureGet | FeatureMigration, argumentSize: 16)).OfLength(16).WithFds(0);
        Expect.Equal(16, reply.U32(0), "argsz of the reply");
        Expect.Equal(FeatureGet | FeatureMigration, reply.U32(4), "the flags of the reply");
        var flags = reply.U64(8);
        Expect.That((flags & MigrationStopCopy) != 0, $"the flags are 0x{flags:x}, without VFIO_MIGRATION_STOP_COPY.");
        Expect.That((flags & ~7ul) == 0, $"the flags are 0x{flags:x}; there are three.");
    }
}
