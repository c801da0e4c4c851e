namespace VfioSharp.Nvme.Tests;

public class NvmeExceptionTests
{
    [Fact]
    public void An_exception_tells_why_it_was_thrown_and_keeps_its_cause()
    {
        var cause = new IOException("the line is cut");
        var exception = new NvmeException(NvmeFailure.Disconnected, "The controller is gone.", cause);

        Assert.Equal(NvmeFailure.Disconnected, exception.Reason);
        Assert.Equal("The controller is gone.", exception.Message);
        Assert.Same(cause, exception.InnerException);
    }
}
