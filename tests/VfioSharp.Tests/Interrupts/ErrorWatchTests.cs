using VfioSharp.Interrupts;

namespace VfioSharp.Tests.Interrupts;

public sealed class ErrorWatchTests : IDisposable
{
    private readonly RecordingLogger _logger = new();
    private readonly InterruptFixture _device;
    private bool? _answers = false;

    public ErrorWatchTests() => _device = new InterruptFixture(logger: _logger, answersConfig: () => _answers);

    private ErrorWatch Errors => _device.Interrupts.Errors;

    public void Dispose() => _device.Dispose();

    [Fact]
    public void Without_an_error_all_ones_are_a_value_and_nobody_is_asked()
    {
        Errors.Begin();
        Errors.Begin();
        _answers = null;
        Assert.Equal(AllOnesMeaning.Value, Errors.Judge(isErrorHidden: false));
        Assert.Equal(AllOnesMeaning.Value, Errors.Judge(isErrorHidden: true));
        Assert.Equal(["connect Error Trigger 0 x1"], _device.Backend.Requests);
        Assert.False(_device.Interrupts.Error.IsEnabled);
    }

    [Fact]
    public void After_an_error_the_device_is_in_error_state_until_it_is_reset_and_the_log_says_it_once()
    {
        Errors.Begin();
        for (var episode = 1; episode <= 2; episode++)
        {
            _answers = false;
            _device.Backend.Fire(InterruptIndex.Error);
            for (var i = 0; i < 3; i++)
                Assert.Equal(AllOnesMeaning.InError, Errors.Judge(isErrorHidden: false));
            Errors.Clear();
            _answers = true;
            Assert.Equal(AllOnesMeaning.Value, Errors.Judge(isErrorHidden: false));
            Assert.Equal(episode, _logger.Messages.Count(message => message.Contains("is in error state", StringComparison.Ordinal)));
        }
    }

    [Fact]
    public void A_device_that_answers_again_is_believed_from_the_next_time_on()
    {
        Errors.Begin();
        _device.Backend.Fire(InterruptIndex.Error);
        Assert.Equal(AllOnesMeaning.InError, Errors.Judge(isErrorHidden: false));
        _answers = true;
        Assert.Equal(AllOnesMeaning.Recovered, Errors.Judge(isErrorHidden: false));
        Assert.Equal(AllOnesMeaning.Value, Errors.Judge(isErrorHidden: false));
        Assert.Contains(_logger.Messages, message => message.Contains("answers again", StringComparison.Ordinal));
    }

    [Fact]
    public void A_device_that_cannot_be_asked_stays_in_error_until_it_is_reset()
    {
        Errors.Begin();
        _answers = null;
        _device.Backend.Fire(InterruptIndex.Error);
        Assert.Equal(AllOnesMeaning.InError, Errors.Judge(isErrorHidden: false));
        Assert.Equal(AllOnesMeaning.InError, Errors.Judge(isErrorHidden: false));
        Errors.Clear();
        Assert.Equal(AllOnesMeaning.Value, Errors.Judge(isErrorHidden: false));
    }

    [Fact]
    public void Where_a_path_hides_errors_the_device_is_asked_without_an_event()
    {
        Errors.Begin();
        Assert.Equal(AllOnesMeaning.InError, Errors.Judge(isErrorHidden: true));
        // What one window found out holds for every other.
        Assert.Equal(AllOnesMeaning.InError, Errors.Judge(isErrorHidden: false));
        Errors.Clear();
        _answers = true;
        Assert.Equal(AllOnesMeaning.Value, Errors.Judge(isErrorHidden: true));
    }

    [Fact]
    public void A_vector_of_the_program_s_own_is_looked_at_and_left_alone()
    {
        Errors.Begin();
        using var vectors = _device.Interrupts.Error.Enable();
        _device.Backend.Fire(InterruptIndex.Error);
        Assert.Equal(AllOnesMeaning.InError, Errors.Judge(isErrorHidden: false));
        Assert.True(vectors[0].TryTake(out var count));
        Assert.Equal(1ul, count);
        Assert.Equal(AllOnesMeaning.InError, Errors.Judge(isErrorHidden: false));
    }

    [Fact]
    public void What_the_program_took_is_known_too_and_a_reset_ends_it()
    {
        Errors.Begin();
        using var vectors = _device.Interrupts.Error.Enable();
        _device.Backend.Fire(InterruptIndex.Error);
        Assert.True(vectors[0].TryTake(out _));
        Assert.Equal(AllOnesMeaning.InError, Errors.Judge(isErrorHidden: false));
        Errors.Clear();
        Assert.Equal(AllOnesMeaning.Value, Errors.Judge(isErrorHidden: false));
    }

    [Fact]
    public void An_error_that_the_program_takes_after_the_reset_is_the_one_before_it()
    {
        Errors.Begin();
        using var vectors = _device.Interrupts.Error.Enable();
        _device.Backend.Fire(InterruptIndex.Error);
        Errors.Clear();
        Assert.Equal(AllOnesMeaning.Value, Errors.Judge(isErrorHidden: false));
        Assert.True(vectors[0].TryTake(out _));
        Assert.Equal(AllOnesMeaning.Value, Errors.Judge(isErrorHidden: false));
        _device.Backend.Fire(InterruptIndex.Error);
        Assert.Equal(AllOnesMeaning.InError, Errors.Judge(isErrorHidden: false));
    }

    [Fact]
    public void The_watch_goes_on_where_the_program_leaves_off()
    {
        Errors.Begin();
        using (_device.Interrupts.Error.Enable())
            _device.Backend.Fire(InterruptIndex.Error);
        Assert.Equal(AllOnesMeaning.InError, Errors.Judge(isErrorHidden: false));
        Errors.Clear();
        Assert.Equal(AllOnesMeaning.Value, Errors.Judge(isErrorHidden: false));
        _device.Backend.Fire(InterruptIndex.Error);
        Assert.Equal(AllOnesMeaning.InError, Errors.Judge(isErrorHidden: false));
        Assert.Equal(
            ["connect Error Trigger 0 x1", "connect Error Trigger 0 x1", "disable Error", "connect Error Trigger 0 x1"], _device.Backend.Requests);
    }

    [Fact]
    public void A_watch_that_begins_while_the_program_has_the_interrupt_takes_nothing_from_it()
    {
        using var vectors = _device.Interrupts.Error.Enable();
        Errors.Begin();
        _device.Backend.Fire(InterruptIndex.Error);
        Assert.Equal(AllOnesMeaning.InError, Errors.Judge(isErrorHidden: false));
        Assert.True(vectors[0].TryTake(out _));
        Assert.Single(_device.Backend.Requests);
    }

    [Fact]
    public void A_device_without_the_interrupt_is_watched_by_asking_alone()
    {
        using var device = new InterruptFixture(
            backend => backend.Descriptions[InterruptIndex.Error] = new InterruptDescription(InterruptIndex.Error, InterruptFlags.None, 0),
            answersConfig: () => false);
        device.Interrupts.Errors.Begin();
        Assert.Equal(AllOnesMeaning.Value, device.Interrupts.Errors.Judge(isErrorHidden: false));
        Assert.Equal(AllOnesMeaning.InError, device.Interrupts.Errors.Judge(isErrorHidden: true));
        Assert.Empty(device.Backend.Requests);
    }

    [Fact]
    public void A_refusal_is_logged_and_keeps_nobody_from_the_device()
    {
        _device.Backend.Refusal = Errno.EINVAL;
        Errors.Begin();
        _device.Backend.Refusal = Errno.None;
        Assert.Contains(_logger.Messages, message => message.Contains("error interrupt could not be connected", StringComparison.Ordinal));
        using var vectors = _device.Interrupts.Error.Enable();
        _device.Backend.Fire(InterruptIndex.Error);
        Assert.Equal(AllOnesMeaning.InError, Errors.Judge(isErrorHidden: false));
    }

    [Fact]
    public void A_closed_device_is_asked_nothing_any_more()
    {
        Errors.Begin();
        _device.Interrupts.Close();
        Errors.Clear();
        Errors.Begin();
        Assert.Equal(AllOnesMeaning.Value, Errors.Judge(isErrorHidden: false));
        Assert.Single(_device.Backend.Requests);
    }
}
