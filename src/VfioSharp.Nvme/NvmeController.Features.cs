using VfioSharp.Nvme.Commands;
using VfioSharp.Nvme.Specification;

namespace VfioSharp.Nvme;

public sealed partial class NvmeController
{
    /// <summary>Asks for a feature's value (Get Features; NVMe Base 2.0, 5.15).</summary>
    /// <param name="feature">The feature.</param>
    /// <param name="select">Which value: the one that holds, the manufacturer's, the saved one, or what can be done with the feature.</param>
    /// <param name="namespaceId">The namespace of a feature that belongs to one; otherwise 0.</param>
    /// <param name="cancellationToken">Ends the command.</param>
    /// <returns>The value: DW0 of the completion, which each feature lays out in its own way.</returns>
    /// <exception cref="NvmeException">The controller does not have the feature or the selection, or does not complete the command.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<uint> GetFeatureAsync(
        FeatureId feature, FeatureSelect select = FeatureSelect.Current, uint namespaceId = 0, CancellationToken cancellationToken = default)
    {
        RequireSelect(select);
        var completion = await ExecuteAsync(AdminCommand.GetFeatures(feature, select, namespaceId, 0), cancellationToken).ConfigureAwait(false);
        return completion.Result;
    }

    /// <summary>Asks for a feature that is more than a number, such as the timestamp or the host identifier (Get Features; NVMe Base 2.0, 5.15).</summary>
    /// <param name="feature">The feature.</param>
    /// <param name="data">Takes the feature's data; up to 4096 bytes.</param>
    /// <param name="select">Which value.</param>
    /// <param name="namespaceId">The namespace of a feature that belongs to one; otherwise 0.</param>
    /// <param name="argument">CDW11, which some features read.</param>
    /// <param name="cancellationToken">Ends the command.</param>
    /// <returns>DW0 of the completion.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The data is longer than 4096 bytes.</exception>
    /// <exception cref="NvmeException">The controller does not have the feature or the selection, or does not complete the command.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<uint> GetFeatureDataAsync(
        FeatureId feature,
        Memory<byte> data,
        FeatureSelect select = FeatureSelect.Current,
        uint namespaceId = 0,
        uint argument = 0,
        CancellationToken cancellationToken = default)
    {
        RequireSelect(select);
        RequireOnePage(data.Length, nameof(data));
        var completion = await ReceiveAsync(AdminCommand.GetFeatures(feature, select, namespaceId, argument), data, cancellationToken).ConfigureAwait(false);
        return completion.Result;
    }

    /// <summary>Sets a feature until the next reset (Set Features; NVMe Base 2.0, 5.27).</summary>
    /// <param name="feature">The feature. <see cref="FeatureId.NumberOfQueues"/> is the driver's own, and a controller refuses to change it once there are queues.</param>
    /// <param name="value">CDW11, which each feature lays out in its own way.</param>
    /// <param name="namespaceId">The namespace of a feature that belongs to one; otherwise 0.</param>
    /// <param name="cancellationToken">Ends the command.</param>
    /// <returns>DW0 of the completion, which most features leave 0.</returns>
    /// <exception cref="NvmeException">The controller refuses, or does not complete the command.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public Task<uint> SetFeatureAsync(FeatureId feature, uint value, uint namespaceId = 0, CancellationToken cancellationToken = default) =>
        SetFeatureAsync(AdminCommand.SetFeatures(feature, value, namespaceId, saves: false), cancellationToken);

    /// <summary>Sets a feature, so that the value outlasts resets and power cycles (SV of Set Features).</summary>
    /// <inheritdoc cref="SetFeatureAsync(FeatureId, uint, uint, CancellationToken)"/>
    public Task<uint> SaveFeatureAsync(FeatureId feature, uint value, uint namespaceId = 0, CancellationToken cancellationToken = default)
    {
        if ((Identity.IoCommands & OptionalIoCommand.SaveAndSelect) == 0)
            throw NotOffered("save features (ONCS, Save and Select)");
        return SetFeatureAsync(AdminCommand.SetFeatures(feature, value, namespaceId, saves: true), cancellationToken);
    }

    /// <summary>Sets a feature that is more than a number, until the next reset (Set Features; NVMe Base 2.0, 5.27).</summary>
    /// <param name="feature">The feature.</param>
    /// <param name="value">CDW11.</param>
    /// <param name="data">The feature's data; up to 4096 bytes.</param>
    /// <param name="namespaceId">The namespace of a feature that belongs to one; otherwise 0.</param>
    /// <param name="cancellationToken">Ends the command.</param>
    /// <returns>DW0 of the completion.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The data is longer than 4096 bytes.</exception>
    /// <exception cref="NvmeException">The controller refuses, or does not complete the command.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<uint> SetFeatureDataAsync(
        FeatureId feature, uint value, ReadOnlyMemory<byte> data, uint namespaceId = 0, CancellationToken cancellationToken = default)
    {
        RequireOnePage(data.Length, nameof(data));
        var completion = await SendAsync(AdminCommand.SetFeatures(feature, value, namespaceId, saves: false), data, cancellationToken).ConfigureAwait(false);
        return completion.Result;
    }

    private async Task<uint> SetFeatureAsync(SubmissionEntry command, CancellationToken cancellationToken)
    {
        var completion = await ExecuteAsync(command, cancellationToken).ConfigureAwait(false);
        return completion.Result;
    }

    private void RequireSelect(FeatureSelect select)
    {
        if (select != FeatureSelect.Current && (Identity.IoCommands & OptionalIoCommand.SaveAndSelect) == 0)
            throw NotOffered("tell any value of a feature but the current one (ONCS, Save and Select)");
    }

    private static void RequireOnePage(int lengthInBytes, string parameter)
    {
        if (lengthInBytes > FeatureDataLimitInBytes)
            throw new ArgumentOutOfRangeException(parameter, lengthInBytes, $"A feature has at most {FeatureDataLimitInBytes} bytes of data.");
    }
}
